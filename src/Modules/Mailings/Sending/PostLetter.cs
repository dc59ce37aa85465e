using System.Net;
using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using Stipend.Platform.Ui;

namespace Stipend.Mailings.Sending;

/// <summary>
/// A post as a mail: its safe HTML with whole addresses, and the same in plain text. Pictures are shown where everybody may see them; elsewhere a
/// mail program has no cookie to ask the gate with, and the words lead to the site. Drawn once for many people who read one language; only how to stop
/// such mails is each one's own.
/// </summary>
internal sealed class PostLetter
{
    private const string Style = "margin:0;padding:24px;font:16px/1.6 system-ui,sans-serif;color:#1f1f1f;background:#ffffff";
    private const string Button =
        "display:inline-block;padding:12px 20px;border-radius:8px;background:#0b57d0;color:#ffffff;text-decoration:none;font-weight:600";
    private readonly string _html, _text, _footer, _stop;

    private PostLetter(string html, string text, string footer, string stop) => (_html, _text, _footer, _stop) = (html, text, footer, stop);

    /// <param name="title">The post's title.</param>
    /// <param name="html">The text, safe HTML as the site keeps it.</param>
    /// <param name="link">Where it is read on the site, a whole address.</param>
    /// <param name="site">The site's address, without a slash at the end.</param>
    /// <param name="campaign">The campaign's name.</param>
    /// <param name="isPublic">Everybody may read it: its pictures too.</param>
    /// <param name="l">The language of the few words around it.</param>
    public static PostLetter Of(string title, string html, string link, string site, string campaign, bool isPublic, Localizer l)
    {
        var body = new HtmlParser().ParseDocument($"<body>{html}</body>").Body!;
        foreach (var anchor in body.QuerySelectorAll("a[href]"))
        {
            var href = anchor.GetAttribute("href")!;
            anchor.SetAttribute("href", href.StartsWith('#') ? link + href : Whole(href, site));
        }
        foreach (var image in body.QuerySelectorAll("img[src]").ToList())
        {
            if (isPublic)
            {
                image.SetAttribute("src", Whole(image.GetAttribute("src")!, site));
                image.SetAttribute("style", "max-width:100%;height:auto");
                continue;
            }
            var words = body.Owner!.CreateElement("a");
            words.SetAttribute("href", link);
            words.TextContent = image.GetAttribute("alt") is { Length: > 0 } alt ? l["[Picture: {0}]", alt] : l["[Picture on the site]"];
            image.Replace(words);
        }
        var (name, address) = (WebUtility.HtmlEncode(title), WebUtility.HtmlEncode(link));
        var drawn = $"<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body style=\"{Style}\"><div style=\"max-width:640px;margin:0 auto\">"
            + $"<p style=\"font-size:13px;color:#5f6368;margin:0\">{WebUtility.HtmlEncode(campaign)}</p>"
            + "<h1 style=\"font-size:26px;line-height:1.25;margin:4px 0 16px\">"
            + $"<a href=\"{address}\" style=\"color:inherit;text-decoration:none\">{name}</a></h1>"
            + body.InnerHtml
            + $"<p style=\"margin-top:32px\"><a href=\"{address}\" style=\"{Button}\">{WebUtility.HtmlEncode(l["Read on the site"])}</a></p>";
        var plain = new PlainText(l);
        plain.Walk(body);
        return new PostLetter(drawn, $"{title}\n\n{plain}\n\n{l["Read on the site"]}:\n{link}\n", l["You get this because you are a member of {0}.", campaign],
            l["Stop these mails"]);
    }

    /// <summary>The plain text, with the reader's own link to stop such mails.</summary>
    public string Text(string off) => $"{_text}\n-- \n{_footer}\n{_stop}: {off}\n";

    /// <inheritdoc cref="Text"/>
    public string Html(string off) => $"{_html}<p style=\"font-size:13px;color:#5f6368;border-top:1px solid #dadce0;padding-top:12px\">"
        + $"{WebUtility.HtmlEncode(_footer)} <a href=\"{WebUtility.HtmlEncode(off)}\" style=\"color:#5f6368\">{WebUtility.HtmlEncode(_stop)}</a></p>"
        + "</div></body></html>";

    private static string Whole(string address, string site) => address.StartsWith('/') ? site + address : address;

    /// <summary>HTML as somebody would type it.</summary>
    private sealed class PlainText(Localizer l)
    {
        private readonly StringBuilder _text = new();

        public void Walk(INode node)
        {
            foreach (var child in node.ChildNodes)
            {
                if (child is IText text) _text.Append(text.ParentElement?.LocalName is "pre" ? text.Data : Folded(text.Data));
                if (child is not IElement element) continue;
                switch (element.LocalName)
                {
                    case "br": _text.Append('\n'); break;
                    case "hr": Break(); _text.Append("----------"); Break(); break;
                    case "a": Link(element); break;
                    case "img": _text.Append(element.GetAttribute("alt") is { Length: > 0 } alt ? l["[Picture: {0}]", alt] : l["[Picture]"]); break;
                    case "li": Line(); _text.Append("- "); Walk(element); Line(); break;
                    case "tr": Walk(element); Line(); break;
                    case "td" or "th": Walk(element); _text.Append("  "); break;
                    case "p" or "h2" or "h3" or "h4" or "h5" or "h6" or "pre" or "blockquote" or "ul" or "ol" or "table":
                        Break(); Walk(element); Break(); break;
                    default: Walk(element); break;
                }
            }
        }

        public override string ToString() => _text.ToString().Trim();

        private void Link(IElement anchor)
        {
            var href = anchor.GetAttribute("href") ?? "";
            Walk(anchor);
            if (href.Length > 0 && anchor.TextContent.Trim() != href) _text.Append($" ({href})");
        }

        /// <summary>White space as a browser draws it.</summary>
        private string Folded(string data)
        {
            var words = string.Join(' ', data.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            var isAtStart = _text.Length == 0 || char.IsWhiteSpace(_text[^1]);
            if (words.Length == 0) return data.Length > 0 && !isAtStart ? " " : "";
            return (!isAtStart && char.IsWhiteSpace(data[0]) ? " " : "") + words + (char.IsWhiteSpace(data[^1]) ? " " : "");
        }

        private void Line()
        {
            while (_text.Length > 0 && _text[^1] == ' ') _text.Length--;
            if (_text.Length > 0 && _text[^1] != '\n') _text.Append('\n');
        }

        private void Break()
        {
            Line();
            if (_text.Length > 1 && _text[^2] != '\n') _text.Append('\n');
        }
    }
}
