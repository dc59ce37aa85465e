using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Stipend.Support;

/// <summary>An answer of the site as a reader sees it: status, text, elements and forms.</summary>
public sealed class Page
{
    private static readonly HtmlParser s_parser = new();
    private readonly Lazy<IHtmlDocument> _html;

    private Page(HttpResponseMessage response, string body)
    {
        (Response, Body) = (response, body);
        _html = new(() => s_parser.ParseDocument(Body));
    }

    public HttpResponseMessage Response { get; }
    public string Body { get; }
    public HttpStatusCode Status => Response.StatusCode;

    /// <summary>Where a redirect leads, as a path; null when it is none.</summary>
    public string? Location => Response.Headers.Location?.OriginalString;
    public IHtmlDocument Html => _html.Value;

    /// <summary>What a reader reads in the page's main part, white space folded.</summary>
    public string Text =>
        string.Join(' ',
        (Html.QuerySelector("main") ?? (IElement?)Html.Body)?.TextContent.Split((char[]?)null,
        StringSplitOptions.RemoveEmptyEntries) ?? []);

    public string? Title => Html.Title;
    public IElement? Find(string selector) => Html.QuerySelector(selector);
    public IReadOnlyList<string> Texts(string selector) =>
        Html.QuerySelectorAll(selector)
        .Select(e => string.Join(' ', e.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))).ToList();

    /// <summary>Where links lead, as written.</summary>
    public IReadOnlyList<string> Links(string selector) => Html.QuerySelectorAll(selector).Select(e => e.GetAttribute("href") ?? "").ToList();

    /// <summary>A form's fields with the values they would send, by its action or any selector.</summary>
    public (string Action, Dictionary<string, string> Fields) Form(string selector = "main form")
    {
        var form = Html.QuerySelector(selector) as IHtmlFormElement
            ?? throw new InvalidOperationException($"No form {selector} on:\n{Body}");
        var fields = new Dictionary<string, string>();
        foreach (var element in form.QuerySelectorAll("input[name], textarea[name], select[name]"))
            switch (element)
            {
                case IHtmlInputElement { Type: "submit" or "file" }: break;
                case IHtmlInputElement { Type: "checkbox" or "radio" } box: if (box.IsChecked) fields[box.Name!] = box.Value; break;
                case IHtmlInputElement input: fields[input.Name!] = input.Value; break;
                case IHtmlTextAreaElement area: fields[area.Name!] = area.Value; break;
                case IHtmlSelectElement select: fields[select.Name!] = select.Value ?? ""; break;
            }
        return (form.GetAttribute("action") ?? "", fields);
    }

    public static async Task<Page> Of(HttpResponseMessage response) => new(response, await response.Content.ReadAsStringAsync());
}
