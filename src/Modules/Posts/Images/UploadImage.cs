using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stipend.Platform.Http;
using Stipend.Posts.Compose;

namespace Stipend.Posts.Images;

/// <summary>Takes a picture for a campaign's posts; answers its address and the Markdown that shows it.</summary>
internal static class UploadImage
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/{vanity}/posts/pictures", Take).RequireSignIn()
        .WithMetadata(new RequestSizeLimitAttribute(ComposePost.MostBytes)); // so that what is too large is told how large it may be

    internal sealed record Answer(string Url, string Markdown, int Width, int Height);

    private static async Task<IResult> Take(string vanity, HttpContext http, ComposePost.Services s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        var input = await FormInput.Read(http, ct);
        var file = input.Files.GetFile("picture") ?? throw Refusal.InvalidField("picture", "Choose a picture first.");
        await using var content = file.OpenReadStream();
        var image = await s.Images.Add(campaign, http.RequireViewer().Id, file.FileName, content, file.Length, ct);
        var url = $"/media/{image.Id}";
        return Results.Json(new Answer(url, $"![]({url})", image.WidthPx, image.HeightPx), statusCode: StatusCodes.Status201Created);
    }
}
