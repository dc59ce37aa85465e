using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Stipend.Integration.Security;

/// <summary>What somebody types who wants their own program to run in others' browsers, and how it is seen that a page has it.</summary>
internal static partial class Planted
{
    private static readonly HtmlParser s_parser = new();

    /// <summary>Each fits a tag, which has 40 characters, and a short field with an ordinary word behind it.</summary>
    public static readonly string[] Short =
    [
        "'\"></title><img data-xss onerror=a()>", "'></textarea><svg/onload=a() data-xss>", "<script data-xss>a()</script>",
        "javascript:a()//'onfocus=a() data-xss ", "\" onfocus=\"a()\" data-xss=\"", "</style>{{a()}}${a()}<i data-xss>",
    ];

    /// <summary>All of it at once, for fields that take it.</summary>
    public static readonly string Long = string.Join('\n', [
        .. Short, "<a href=javascript:a() data-xss>x</a>", "<iframe srcdoc='<script data-xss>a()</script>'></iframe>", "<object data=data:text/html,x data-xss>",
        "<math><mi xlink:href=\"data:x,<script data-xss>a()</script>\">", "[x](javascript:a\\(\\)) [y](data:text/html,x) [z](\u0001javascript:a)", "![x](javascript:a) ![y](x\"onerror=\"a\\(\\))",
        "<javascript:a> <jAvAsCrIpT&colon;a>", "<base href=//evil.example> <form action=//evil.example data-xss><button formaction=javascript:a()>",
        "<meta http-equiv=refresh content='0;url=//evil.example' data-xss>", "<style data-xss>*{background:url(javascript:a)}</style>", "]]></content:encoded><script data-xss>a()</script>",
        "--><script data-xss>a()</script><!--", "\uFF1Cscript data-xss\uFF1Ea()\uFF1C/script\uFF1E \u202Etpircs\u202C &lt;script data-xss&gt; &#60;script data-xss&#62;",
        "https://example.org/\"onclick=\"a()\"data-xss=\" http://example.org/<script>",
    ]);

    public static IReadOnlyList<string> In(string html, bool isLetter = false) => In(s_parser.ParseDocument(html), isLetter);

    /// <summary>What the page has that no page of the site has by itself; empty when it is clean.</summary>
    /// <param name="page">As a browser would read it.</param>
    /// <param name="isLetter">A mail or a text of a feed, which brings its style along.</param>
    public static IReadOnlyList<string> In(IHtmlDocument page, bool isLetter = false)
    {
        var found = new List<string>();
        foreach (var element in page.All)
        {
            if (element.LocalName is "script" && (isLetter || !IsOurs(element))
                || element.LocalName is "base" or "object" or "embed" or "applet" or "math" || (element.LocalName is "style" && !isLetter)
                || (element.HasAttribute("http-equiv") && (element.GetAttribute("content") ?? "").Contains("evil", StringComparison.Ordinal))) found.Add(Start(element));
            foreach (var attribute in element.Attributes)
                if (attribute.LocalName is "data-xss" or "srcdoc" || attribute.LocalName.StartsWith("on", StringComparison.Ordinal)
                    || (attribute.LocalName is "style" && !isLetter) || (IsAddress(attribute.LocalName) && Runs(attribute.Value))) found.Add(Start(element));
        }
        return found;
    }

    /// <summary>A file of the site, or the list of where these files are.</summary>
    private static bool IsOurs(IElement script) => (script.GetAttribute("src") ?? "").StartsWith("/assets/js/", StringComparison.Ordinal)
        || (script.GetAttribute("type") == "importmap" && Modules().IsMatch(script.TextContent));

    private static string Start(IElement element) => element.OuterHtml[..Math.Min(160, element.OuterHtml.Length)].ReplaceLineEndings(" ");

    private static bool IsAddress(string attribute) => attribute is "href" or "src" or "action" or "formaction" or "data" or "poster" or "srcset" or "background" or "ping";

    /// <summary>As browsers read addresses: what is not seen is not there.</summary>
    private static bool Runs(string address) =>
        Unseen().Replace(address, "") is var seen && Program().IsMatch(seen);

    [GeneratedRegex("""^\{"imports":\{("stipend/[a-z-]+":"/assets/js/[a-z0-9.-]+",?)+\}\}$""")]
    private static partial Regex Modules();

    [GeneratedRegex(@"[\u0000-\u0020]")]
    private static partial Regex Unseen();

    [GeneratedRegex("^(javascript:|vbscript:|data:|blob:|file:|//evil)", RegexOptions.IgnoreCase)]
    private static partial Regex Program();
}
