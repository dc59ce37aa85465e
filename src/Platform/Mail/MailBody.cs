using System.Net;
using System.Text;

namespace Stipend.Platform.Mail;

/// <summary>
/// Draws a mail's plain text as simple HTML: blank lines part paragraphs, and a line that is only a link becomes a button, named by
/// the line above it when that ends with a colon.
/// </summary>
public static class MailBody
{
    private const string ButtonStyle =
        "display:inline-block;padding:12px 20px;border-radius:8px;background:#0b57d0;color:#ffffff;text-decoration:none;font-weight:600";

    /// <summary>The HTML part; everything that is not markup of ours is encoded.</summary>
    public static string Html(string text)
    {
        var html = new StringBuilder("<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head>"
            + "<body style=\"margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1f1f1f\"><div style=\"max-width:560px;margin:0 auto\">");
        foreach (var paragraph in text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries)) Paragraph(html,
            paragraph.Trim('\n'));
        return html.Append("</div></body></html>").ToString();
    }

    /// <summary>The links that stand on a line of their own, in order.</summary>
    public static IEnumerable<string> Links(string text) => text.ReplaceLineEndings("\n").Split('\n').Select(l => l.Trim()).Where(IsLink);

    private static void Paragraph(StringBuilder html, string paragraph)
    {
        var plain = new List<string>();
        foreach (var line in paragraph.Split('\n'))
        {
            if (!IsLink(line.Trim()))
            {
                plain.Add(line);
                continue;
            }
            var label = "Open";
            if (plain.Count > 0 && plain[^1].TrimEnd() is [.. var named, ':'] && named.Length > 0)
            {
                label = named;
                plain.RemoveAt(plain.Count - 1);
            }
            Lines(html, plain);
            Button(html, line.Trim(), label);
        }
        Lines(html, plain);
    }

    private static void Lines(StringBuilder html, List<string> lines)
    {
        if (lines.Count > 0) html.Append("<p>").AppendJoin("<br>", lines.Select(WebUtility.HtmlEncode)).Append("</p>");
        lines.Clear();
    }

    private static void Button(StringBuilder html, string link, string label)
    {
        var href = WebUtility.HtmlEncode(link);
        html.Append($"<p><a href=\"{href}\" style=\"{ButtonStyle}\">{WebUtility.HtmlEncode(label)}</a></p>")
            .Append($"<p style=\"font-size:13px;color:#5f6368;word-break:break-all\">{href}</p>");
    }

    private static bool IsLink(string line) => !line.Any(char.IsWhiteSpace)
        && Uri.TryCreate(line, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https");
}
