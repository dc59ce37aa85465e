using System.Globalization;
using System.Net;
using System.Text;
using System.Xml;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Ui;

namespace Stipend.Posts.Feeds;

/// <summary>What both formats say alike.</summary>
internal static class FeedWords
{
    /// <summary>Stays the same for ever, whatever becomes of title and address.</summary>
    public static string GuidOf(FeedItem item) => string.Create(CultureInfo.InvariantCulture, $"stipend-post-{item.Id}");

    /// <summary>A closed post as HTML: its teaser, or what stands above its paywall line; then whom the rest is for and where it opens.</summary>
    public static string Closed(FeedItem item, string link, Localizer l)
    {
        var words = item.Lock!.Kind switch
        {
            AudienceKind.Members => l["For members, also free ones"],
            AudienceKind.PaidMembers => l["For paid members"],
            _ => item.Lock.Opener is { } tier ? l["For members of {0}", tier.Name] : l["For members of chosen tiers"],
        };
        var teaser = item.Html ?? (item.Teaser.Length == 0 ? "" : $"<p>{WebUtility.HtmlEncode(item.Teaser)}</p>");
        return $"{teaser}<p><a href=\"{WebUtility.HtmlEncode(link)}\">{WebUtility.HtmlEncode(words)}</a></p>";
    }

    /// <summary>Without the few characters XML cannot hold at all.</summary>
    public static string Xml(string text)
    {
        if (!text.Any(c => !XmlConvert.IsXmlChar(c))) return text;
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            if (!rune.IsBmp || XmlConvert.IsXmlChar((char)rune.Value)) clean.Append(rune.ToString());
        return clean.ToString();
    }
}
