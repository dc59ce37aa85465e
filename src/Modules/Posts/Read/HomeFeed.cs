using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Platform.Http;

namespace Stipend.Posts.Read;

/// <summary>The posts of every campaign the reader is a member of, in one list.</summary>
internal static class HomeFeed
{
    internal const int PageSize = 20;

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/home", Show).RequireSignIn();

    private static async Task<IResult> Show(string? before, HttpContext http, PostReading reading, CancellationToken ct)
    {
        var after = PostCursor.Parse(before);
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<HomePage>(new HomePage.View(await reading.OfMemberships(http.RequireViewer().Id, after, PageSize, ct),
            after.IsStart));
    }
}
