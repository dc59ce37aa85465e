using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Platform.Http;
using Stipend.Posts.Model;
using Stipend.Posts.Read;

namespace Stipend.Posts.Compose;

/// <summary>The composer's live preview: Markdown in, a fragment of safe HTML out.</summary>
internal static class PreviewText
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/{vanity}/posts/preview", Show).RequireSignIn();

    private static async Task<IResult> Show(string vanity, HttpContext http, ComposePost.Services s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        var input = await FormInput.Read(http, ct);
        var markdown = input.Text("text", Post.MaxMarkdown);
        input.Check();
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<TextView>(await s.Drawn(campaign, markdown, ct));
    }
}
