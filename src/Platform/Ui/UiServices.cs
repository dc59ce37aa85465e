using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Http;

namespace Stipend.Platform.Ui;

/// <summary>Registers and maps everything pages need: words, assets, accent sheets, the theme and language choices.</summary>
public static class UiServices
{
    private const int YearSeconds = 31_536_000;

    /// <param name="assets">The assembly that carries wwwroot as resources.</param>
    public static IServiceCollection AddUi(this IServiceCollection services, Assembly assets)
    {
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        services.AddScoped(s => Reader.Localizer(s.GetRequiredService<IHttpContextAccessor>().HttpContext));
        services.AddSingleton<RenderMemo>().AddScoped<Kept>();
        services.AddSingleton(s => new Assets(assets, s.GetRequiredService<SiteOptions>().IsDevelopment ? SourceFolder() : null));
        return services;
    }

    /// <summary>Maps <c>/assets</c>, <c>/accent</c>, <c>/favicon.ico</c> and <c>/preferences</c>; all open to anyone.</summary>
    public static RouteGroupBuilder MapUi(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("");
        group.MapMethods("/assets/{**path}", [HttpMethods.Get, HttpMethods.Head], (HttpContext http, Assets assets) =>
            Asset(http, assets.Find(http.Request.Path)));
        group.MapMethods("/favicon.ico", [HttpMethods.Get, HttpMethods.Head], (Assets assets) =>
            Results.Redirect(assets.Url("favicon.svg")));
        group.MapGet("/accent/{colour}.css", AccentSheet);
        group.MapPost("/preferences", Prefer);
        if (app.ServiceProvider.GetRequiredService<SiteOptions>().IsDevelopment)
        {
            group.MapGet("/dev/components", () => Pages.Show<Gallery>());
            group.MapGet("/dev/campaign", (string? colour) => Pages.Show<GalleryCampaign>(colour ?? "1f7a6c"));
            group.MapGet("/dev/post", (HttpContext http) =>
            {
                http.SetViewer(new Viewer(0, "Lin Chen", IsOperator: true)); // for this answer only: to look at the signed-in header
                return Pages.Show<GalleryPost>();
            });
        }
        return group.AllowAnyone();
    }

    /// <summary>The wwwroot of the sources this program was built from, when it still stands among them.</summary>
    private static string? SourceFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, "src", "Stipend", "wwwroot") is var found && Directory.Exists(found)) return found;
        return null;
    }

    private static IResult Asset(HttpContext http, AssetFile? file)
    {
        if (file is null) return Results.NotFound();
        var headers = http.Response.Headers;
        headers.CacheControl = $"public, max-age={YearSeconds}, immutable";
        headers.ETag = $"\"{file.Tag}\"";
        headers.Vary = "Accept-Encoding";
        if (http.Request.Headers.IfNoneMatch == headers.ETag) return Results.StatusCode(StatusCodes.Status304NotModified);
        var accepts = file.Compresses ? http.Request.Headers.AcceptEncoding.ToString() : "";
        if (accepts.Contains("br", StringComparison.Ordinal)) return Packed(http, "br", file.Brotli, file.Type);
        return accepts.Contains("gzip", StringComparison.Ordinal) ? Packed(http, "gzip", file.Gzip, file.Type)
            : Results.Bytes(file.Bytes, file.Type);
    }

    private static IResult Packed(HttpContext http, string encoding, byte[] bytes, string type)
    {
        http.Response.Headers.ContentEncoding = encoding;
        return Results.Bytes(bytes, type);
    }

    private static IResult AccentSheet(HttpContext http, string colour)
    {
        if (!Accent.IsColour(colour)) return Results.NotFound();
        http.Response.Headers.CacheControl = $"public, max-age={YearSeconds}, immutable";
        return Results.Text(Accent.Css(colour), "text/css");
    }

    /// <summary>Theme and language, kept in cookies for a year; back to the page the person was on.</summary>
    private static async Task<IResult> Prefer(HttpContext http, CancellationToken ct)
    {
        var form = await FormInput.Read(http, ct);
        var options = new CookieOptions { SameSite = SameSiteMode.Lax, Secure = http.Request.IsHttps, IsEssential = true, HttpOnly = true,
            MaxAge = TimeSpan.FromSeconds(YearSeconds) };
        if (form.Raw("theme") is "light" or "dark") http.Response.Cookies.Append("theme", form.Raw("theme"), options);
        else if (form.IsSent("theme")) http.Response.Cookies.Delete("theme");
        if (Catalogue.Of(form.Raw("language")) is { } catalogue) http.Response.Cookies.Append(Reader.LanguageCookie,
            catalogue.Language, options);
        return Pages.SeeOther(Pages.Local(form.Raw("back")));
    }
}
