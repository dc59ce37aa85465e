using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;

namespace Stipend.Platform.Http;

/// <summary>Answers a request with a server-rendered component.</summary>
public static class Pages
{
    /// <summary>Renders component <typeparamref name="T"/> with its one <c>Model</c> parameter.</summary>
    public static IResult Show<T>(object model, int status = 200) where T : IComponent =>
        new PageResult(typeof(T), model) { StatusCode = status };

    /// <summary>Renders a component without parameters.</summary>
    public static IResult Show<T>() where T : IComponent => new PageResult(typeof(T), null);

    /// <summary>See other: after a form did its work.</summary>
    public static IResult SeeOther(string path) => new SeeOtherResult(path);

    /// <summary>A path of this site to go back to, or the fallback when it points elsewhere.</summary>
    public static string Local(string? path, string fallback = "/") =>
        path is ['/', ..] && !path.StartsWith("//", StringComparison.Ordinal) && !path.StartsWith("/\\", StringComparison.Ordinal)
            && !path.Any(char.IsControl)
            ? path : fallback;

    private sealed class SeeOtherResult(string path) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = Ascii(path);
            return Task.CompletedTask;
        }

        /// <summary>A header holds ASCII alone: what else a person's path has is percent-encoded; what is encoded already stays.</summary>
        private static string Ascii(string path) => path.All(char.IsAscii) ? path
            : string.Concat(path.EnumerateRunes().Select(r => r.IsAscii ? r.ToString() : Uri.EscapeDataString(r.ToString())));
    }
}
