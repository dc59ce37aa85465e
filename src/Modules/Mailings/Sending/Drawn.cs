using System.Collections.Concurrent;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;
using Stipend.Posts.Contracts;

namespace Stipend.Mailings.Sending;

/// <summary>A post as it is mailed: one letter for each language somebody reads, drawn when the first of them gets it.</summary>
internal sealed class DrawnPost(PublishedPost post, CampaignInfo campaign, bool isPublic, SiteOptions site)
{
    private readonly ConcurrentDictionary<string, PostLetter> _letters = new(StringComparer.Ordinal);

    public PublishedPost Post => post;
    public CampaignInfo Campaign => campaign;

    public PostLetter In(string? language) => _letters.GetOrAdd(Localizer.In(language).Language,
        known => PostLetter.Of(post.Title, post.Html, site.Link(post.Path), site.Link(""), campaign.Name, isPublic, Localizer.In(known)));

    /// <summary>Whether it would be drawn the same now.</summary>
    public bool IsStill(PostStamp stamp, CampaignInfo now, bool nowPublic) => post.Stamp() == stamp && nowPublic == isPublic
        && (campaign.Name, campaign.Vanity) == (now.Name, now.Vanity);
}

/// <summary>The posts a mailer is at, read and drawn once for all the people who get them, as long as they stay what they are.</summary>
internal sealed class Drawn
{
    private readonly Dictionary<long, DrawnPost> _posts = [];

    public DrawnPost? Find(long postId) => _posts.GetValueOrDefault(postId);
    public void Keep(DrawnPost post) => _posts[post.Post.Id] = post;
    public void Drop(long postId) => _posts.Remove(postId);
}
