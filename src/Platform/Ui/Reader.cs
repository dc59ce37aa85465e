using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Stipend.Platform.Ui;

/// <summary>Finds out how to speak to whoever sent a request: cookies <c>language</c> and <c>zone</c>, then Accept-Language, then English
/// and UTC.</summary>
public static class Reader
{
    internal const string LanguageCookie = "language";
    internal const string ZoneCookie = "zone";

    /// <summary>The language the sender of a request reads in; null when it says nothing of languages, as programs do.</summary>
    public static string? LanguageOf(HttpContext context) =>
        context.Request.Cookies.ContainsKey(LanguageCookie) || context.Request.Headers.AcceptLanguage.Count > 0 ? Language(context.Request).Item1.Language
            : null;

    internal static Localizer Localizer(HttpContext? context)
    {
        if (context is null) return Ui.Localizer.English;
        var (catalogue, culture) = Language(context.Request);
        var zone = DateTimeZoneProviders.Tzdb.GetZoneOrNull(Uri.UnescapeDataString(context.Request.Cookies[ZoneCookie] ?? ""))
            ?? DateTimeZone.Utc;
        return new Localizer(catalogue, culture, zone);
    }

    private static (Catalogue, CultureInfo) Language(HttpRequest request)
    {
        var wished = request.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1).Select(l => l.Value.ToString()).Take(8)
            .ToList();
        if (request.Cookies[LanguageCookie] is { } chosen && Catalogue.Of(chosen) is { } catalogue)
            return (catalogue, Culture(wished.Find(w => Short(w) == chosen) ?? chosen));
        foreach (var wish in wished)
            if (Catalogue.Of(Short(wish)) is { } found) return (found, Culture(wish));
        return (Catalogue.English, Culture("en"));
    }

    private static string Short(string tag) => tag.Split('-', 2)[0].ToLowerInvariant();

    private static readonly HashSet<string> s_known =
        CultureInfo.GetCultures(CultureTypes.AllCultures).Select(c => c.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static CultureInfo Culture(string tag) => CultureInfo.GetCultureInfo(s_known.Contains(tag) ? tag : Short(tag));
}
