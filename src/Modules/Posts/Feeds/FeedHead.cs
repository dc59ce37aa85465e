using Stipend.Platform.Ui;

namespace Stipend.Posts.Feeds;

/// <summary>What both formats say of a feed before its items. <see cref="Self"/> is its public address without the ending; null for a private
/// one, whose address is not written into its own answer.</summary>
internal sealed record FeedHead(string Title, string Link, string Description, string Language, string? Image, string? Self)
{
    public static FeedHead Of(FeedContent feed, string root, Localizer l)
    {
        var campaign = feed.Reader.Campaign;
        var isPublic = feed.Reader.Token is null;
        return feed.Podcast is { } podcast
            ? new FeedHead(podcast.Title, $"{root}/{campaign.Vanity}/collections/{podcast.Slug}", podcast.Facts.Description, podcast.Facts.Language,
                podcast.Artwork is null ? null : root + podcast.ArtworkPath(campaign.Vanity),
                isPublic ? $"{root}{Podcasting.Podcast.PathOf(campaign.Vanity, podcast.Id)}/feed" : null)
            : new FeedHead(campaign.Name, $"{root}/{campaign.Vanity}", campaign.Summary, l.Language,
                campaign.BannerUrl is { } banner ? root + banner : null, isPublic ? $"{root}/{campaign.Vanity}/feed" : null);
    }
}
