using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;
using Stipend.Posts.Read;

namespace Stipend.Posts.Tagging;

/// <summary>A campaign's posts with a tag, the gate applied as in every list.</summary>
internal static class TagPages
{
    internal const int PageSize = 20;

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/{vanity}/tags/{tag}", Show).AllowAnyone();

    private static async Task<IResult> Show(string vanity, string tag, string? before, HttpContext http, ICampaigns campaigns, Tags tags, PostReading reading,
        CancellationToken ct)
    {
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        if (!campaign.IsPublished && campaign.OwnerId != http.Viewer()?.Id) throw Refusal.NotFound("page");
        var after = PostCursor.Parse(before);
        var key = Tags.KeyOf(tag); // as it would have been kept, whatever stands in the address
        var (posts, name) = await tags.Find(campaign.Id, key, after.At, after.Id, PageSize + 1, ct);
        if (posts.Count == 0 && after.IsStart) throw Refusal.NotFound("tag");
        var cards = await reading.ByIds(campaign, posts.Take(PageSize).Select(p => p.Id).ToList(), http.Viewer()?.Id, ct);
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<TagPage>(new TagPage.View(campaign, key, name ?? key,
            new PostPage(cards, posts.Count > PageSize ? new PostCursor(posts[PageSize - 1].At, posts[PageSize - 1].Id) : null), after.IsStart));
    }
}
