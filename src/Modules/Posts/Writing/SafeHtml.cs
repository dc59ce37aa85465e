using System.Globalization;
using System.Net;
using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;

namespace Stipend.Posts.Writing;

/// <summary>
/// Rebuilds HTML from an allow-list: only the elements and attributes written here can come out, every text encoded anew. Nothing of the
/// input is copied, so a parser that reads the input differently from a browser cannot matter.
/// </summary>
internal sealed class SafeHtml
{
    private static readonly HashSet<string> s_kept = new(StringComparer.Ordinal)
    {
        "p", "h2", "h3", "h4", "h5", "h6", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "table", "thead", "tbody",
            "tr", "th", "td",
    };

    // Dropped with all they hold; other unknown elements lose only their tags.
    private static readonly HashSet<string> s_dropped = new(StringComparer.Ordinal)
    {
        "script", "style", "iframe", "object", "embed", "svg", "math", "template", "noscript", "title", "textarea", "select", "form",
            "frame", "frameset",
        "head", "link", "meta", "base", "audio", "video", "canvas", "xmp", "plaintext", "noembed", "noframes", "button", "dialog",
    };

    private static readonly HashSet<string> s_blocks = new(StringComparer.Ordinal)
    {
        "p", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "ul", "ol", "li", "table", "tr",
    };

    private readonly StringBuilder _html = new();
    private readonly StringBuilder _plain = new();
    private readonly StringBuilder _lead = new();
    private readonly List<long> _images = [];
    private int _aside;
    private readonly IReadOnlyDictionary<long, PixelSize> _sizes;

    private SafeHtml(IReadOnlyDictionary<long, PixelSize> sizes) => _sizes = sizes;

    /// <summary>The HTML; the words alone, one block a line; the words of running text, without headings, tables and code; the
    /// pictures.</summary>
    public static (string Html, string Plain, string Lead, IReadOnlyList<long> Images) Clean(string html,
        IReadOnlyDictionary<long, PixelSize> sizes)
    {
        var clean = new SafeHtml(sizes);
        foreach (var node in new HtmlParser().ParseDocument(html).Body!.ChildNodes) clean.Walk(node);
        return (clean._html.ToString().Trim(), clean._plain.ToString().Trim(), clean._lead.ToString().Trim(), clean._images);
    }

    /// <summary>An address a link may lead to, or null: this site's pages, http, https and mail.</summary>
    public static string? Link(string? address)
    {
        if (address is null) return null;
        var href = string.Concat(address.Where(c =>
            !char.IsControl(c) && !char.IsWhiteSpace(c) && CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.Format));
        if (href.Length is 0 or > 2000) return null;
        if (href[0] == '#') return href;
        if (href[0] == '/') return href.StartsWith("//", StringComparison.Ordinal) || href.Contains('\\') ? null : href;
        return Uri.TryCreate(href, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "mailto" ? uri.AbsoluteUri : null;
    }

    private void Walk(INode node)
    {
        if (node is IText text)
        {
            _html.Append(WebUtility.HtmlEncode(text.Data));
            _plain.Append(text.Data);
            if (_aside == 0) _lead.Append(text.Data);
            return;
        }
        if (node is not IElement element || s_dropped.Contains(element.LocalName)) return;
        switch (element.LocalName)
        {
            case "br" or "hr": Void(element.LocalName); break;
            case "img": Image(element); break;
            case "a": Anchor(element); break;
            case "input": TaskBox(element); break;
            case "h1": Wrapped("h2", element, ""); break; // the page's h1 is the title
            case var name when s_kept.Contains(name): Wrapped(name, element, Attributes(name, element)); break;
            default: Children(element); break;
        }
    }

    private void Children(IElement element)
    {
        foreach (var child in element.ChildNodes) Walk(child);
    }

    private void Wrapped(string name, IElement element, string attributes)
    {
        var isAside = name is "h2" or "h3" or "h4" or "h5" or "h6" or "table" or "pre";
        if (isAside) _aside++;
        _html.Append('<').Append(name).Append(attributes).Append('>');
        Children(element);
        _html.Append("</").Append(name).Append('>');
        if (isAside) _aside--;
        if (s_blocks.Contains(name))
        {
            _plain.Append('\n');
            _lead.Append(' ');
        }
        else if (name is "td" or "th") _plain.Append(' ');
    }

    private void Void(string name)
    {
        _html.Append('<').Append(name).Append('>');
        _plain.Append('\n');
        _lead.Append(' ');
    }

    private static string Attributes(string name, IElement element) => name switch
    {
        "ol" when int.TryParse(element.GetAttribute("start"), NumberStyles.None, CultureInfo.InvariantCulture, out var start) && start > 1
            => $" start=\"{start}\"",
        "code" when element.GetAttribute("class") is { } c && c.StartsWith("language-", StringComparison.Ordinal) && c.Length < 40
            && c.All(l => char.IsAsciiLetterOrDigit(l) || l is '-' or '+' or '#') => $" class=\"{WebUtility.HtmlEncode(c)}\"",
        _ => "",
    };

    private void Anchor(IElement element)
    {
        if (Link(element.GetAttribute("href")) is not { } href)
        {
            Children(element);
            return;
        }
        Wrapped("a", element, $" href=\"{WebUtility.HtmlEncode(href)}\"{(href[0] is '/' or '#' ? "" : " rel=\"nofollow ugc noopener\"")}");
    }

    private void Image(IElement element)
    {
        var source = element.GetAttribute("src") ?? "";
        var alt = element.GetAttribute("alt") ?? "";
        if (source.StartsWith("/media/", StringComparison.Ordinal)
            && long.TryParse(source["/media/".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && _sizes.TryGetValue(id, out var size))
        {
            _html.Append(CultureInfo.InvariantCulture,
                $"<img src=\"/media/{id}\" alt=\"{WebUtility.HtmlEncode(alt)}\" width=\"{size.Width}\" height=\"{size.Height}\" loading=\"lazy\" decoding=\"async\">");
            if (!_images.Contains(id)) _images.Add(id);
        }
        else if (Link(source) is { } href && href.StartsWith("http", StringComparison.Ordinal))
        {
            // A picture elsewhere would tell its host who reads here: a link instead.
            _html.Append(CultureInfo.InvariantCulture,
                $"<a href=\"{WebUtility.HtmlEncode(href)}\" rel=\"nofollow ugc noopener\">{WebUtility.HtmlEncode(alt.Length > 0 ? alt : href)}</a>");
        }
        _plain.Append(alt);
    }

    private void TaskBox(IElement element)
    {
        if (element.GetAttribute("type") != "checkbox") return;
        _html.Append(element.HasAttribute("checked") ? "☑" : "☐");
    }
}
