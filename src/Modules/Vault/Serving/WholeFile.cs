using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Stipend.Vault.Serving;

/// <summary>
/// All of a file to somebody who asked for just that: read straight into what the server sends, where the framework's answer copies each piece
/// twice more. Whoever has conditions or wants a part gets the framework's answer, with the same headers.
/// </summary>
internal sealed class WholeFile(Stream content, string contentType, Instant changedAt, EntityTagHeaderValue tag) : IResult
{
    private const int PieceBytes = 128 * 1024;
    private static readonly string[] s_conditions =
        [HeaderNames.Range, HeaderNames.IfMatch, HeaderNames.IfNoneMatch, HeaderNames.IfModifiedSince, HeaderNames.IfUnmodifiedSince, HeaderNames.IfRange];

    public static bool IsAsked(HttpRequest request) => HttpMethods.IsGet(request.Method) && !s_conditions.Any(request.Headers.ContainsKey);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var source = content;
        var (response, ct) = (httpContext.Response, httpContext.RequestAborted);
        (response.ContentType, response.ContentLength) = (contentType, content.Length);
        response.Headers.ETag = tag.ToString();
        response.Headers.LastModified = HeaderUtilities.FormatDate(changedAt.ToDateTimeOffset());
        response.Headers.AcceptRanges = "bytes";
        var body = response.BodyWriter;
        for (var left = content.Length; left > 0;)
        {
            var piece = body.GetMemory(PieceBytes);
            var read = await source.ReadAsync(piece[..(int)Math.Min(PieceBytes, left)], ct);
            body.Advance(read);
            left -= read;
            if ((await body.FlushAsync(ct)).IsCompleted) return; // the reader left
        }
    }
}
