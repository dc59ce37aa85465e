using AngleSharp.Html.Parser;
using Shouldly;
using Stipend.Posts.Writing;
using Xunit;

namespace Stipend.Unit.Posts;

public sealed class PostTextTests
{
    /// <summary>Ways to smuggle a script into Markdown or into the HTML made of it.</summary>
    public static TheoryData<string> Attacks =>
    [
        "<script>alert(1)</script>",
        "<ScRiPt src=//evil.example/x.js></sCrIpT>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<style>@import 'javascript:alert(1)';</style>",
        "<p style=\"background:url(javascript:alert(1))\">x</p>",
        "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](<java\nscript:alert(1)>)",
        "[x](&#106;avascript:alert(1))",
        "[x](javascript&colon;alert(1))",
        "[x](\u0001javascript:alert(1))",
        "[x](java\u200Bscript:alert(1))",
        "[x](java\u00ADscript:alert(1))",
        "[x](vbscript:msgbox(1))",
        "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
        "[x](file:///etc/passwd)",
        "[x](//evil.example)",
        "[x](/\\evil.example)",
        "[x](\\\\evil.example)",
        "![x](javascript:alert(1))",
        "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
        "![x\" onerror=\"alert(1)](/media/1)",
        "![x](/media/1\"onerror=\"alert(1))",
        "![x](/media/../sign-out)",
        "<javascript:alert(1)>",
        "[x]: javascript:alert(1)\n[x]",
        "[x](https://a.example \"title\\\" onmouseover=alert(1)\")",
        "```\"><script>alert(1)</script>\ncode\n```",
        "```js\" onload=\"alert(1)\ncode\n```",
        "`<script>alert(1)</script>`",
        "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<template><script>alert(1)</script></template>",
        "<textarea><img src=x onerror=alert(1)></textarea>",
        "<form action=javascript:alert(1)><button>x</button></form>",
        "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
        "<base href=//evil.example><link rel=stylesheet href=//evil.example>",
        "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
        "<input type=image src=x onerror=alert(1)>",
        "<\u0000script>alert(1)</script>",
        "\uFF1Cscript\uFF1Ealert(1)\uFF1C/script\uFF1E",
        "- [x] <script>alert(1)</script>",
        "https://a.example/\"onmouseover=\"alert(1)",
    ];

    private static readonly Dictionary<long, PixelSize> s_known = new() { [1] = new PixelSize(10, 10) };

    private static readonly HashSet<string> s_elements = new(StringComparer.Ordinal)
    {
        "p", "h2", "h3", "h4", "h5", "h6", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "table", "thead", "tbody",
            "tr", "th", "td",
        "br", "hr", "a", "img",
    };

    private static readonly HashSet<string> s_attributes = new(StringComparer.Ordinal) { "href", "rel", "src", "alt", "width", "height",
        "loading", "decoding", "start", "class" };

    [Theory, MemberData(nameof(Attacks))]
    public void Nothing_that_runs_comes_out(string attack)
    {
        ShouldBeHarmless(PostText.Render(attack, s_known).Html);
        ShouldBeHarmless(SafeHtml.Clean(attack, s_known).Html); // as if Markdown had let it through
    }

    [Fact]
    public void Every_pair_of_attacks_one_inside_the_other_stays_harmless()
    {
        foreach (var outer in Attacks)
        foreach (var inner in Attacks)
            ShouldBeHarmless(SafeHtml.Clean(outer.Data.Replace("x", inner.Data, StringComparison.Ordinal), s_known).Html);
    }

    [Fact]
    public void Ordinary_Markdown_becomes_ordinary_HTML()
    {
        var text = PostText.Render("# One\n\nSome **bold**, *slanted*, ~~gone~~ and `code`.\n\n- a\n- b\n\n> said\n\n[here](https://a.example/x?y=1&z=2) and [inside](/ada)\n\n3. third");
        text.Html.ShouldContain("<h2>One</h2>");
        text.Html.ShouldContain("<strong>bold</strong>, <em>slanted</em>, <del>gone</del> and <code>code</code>");
        text.Html.ShouldContain("<li>a</li>");
        text.Html.ShouldContain("<blockquote>");
        text.Html.ShouldContain("<a href=\"https://a.example/x?y=1&amp;z=2\" rel=\"nofollow ugc noopener\">here</a>");
        text.Html.ShouldContain("<a href=\"/ada\">inside</a>");
        text.Html.ShouldContain("<ol start=\"3\">");
        text.Plain.ShouldStartWith("One\n");
    }

    [Fact]
    public void A_known_picture_is_shown_with_its_size_and_an_unknown_one_is_not()
    {
        var text = PostText.Render("![otter](/media/1) ![no](/media/2)", s_known);
        text.Html.ShouldContain("<img src=\"/media/1\" alt=\"otter\" width=\"10\" height=\"10\"");
        text.Html.ShouldNotContain("/media/2");
        text.Images.ShouldBe([1]);
    }

    [Fact]
    public void A_picture_elsewhere_becomes_a_link_so_that_nobody_learns_who_reads() =>
        PostText.Render("![otter](https://pics.example/o.png)").Html.ShouldBe("<p><a href=\"https://pics.example/o.png\" rel=\"nofollow ugc noopener\">otter</a></p>");

    [Fact]
    public void The_excerpt_ends_between_two_words() =>
        PostText.Render(string.Concat(Enumerable.Repeat("word ", 200))).Excerpt.ShouldEndWith("word…");

    [Fact]
    public void The_excerpt_leaves_out_headings_tables_and_code() =>
        PostText.Render("# Head\n\nOne.\n\n## Next\n\n- two\n\n| a | b |\n|---|---|\n| c | d |\n\n    code\n\nThree.").Excerpt.ShouldBe("One. two Three.");

    [Theory]
    [InlineData(">")]
    [InlineData("- ")]
    [InlineData("[")]
    [InlineData("*a ")]
    public void A_text_nested_ten_thousand_deep_is_drawn_or_refused_but_breaks_nothing(string piece)
    {
        try
        {
            ShouldBeHarmless(PostText.Render(string.Concat(Enumerable.Repeat(piece, 10_000)) + "x").Html);
        }
        catch (Stipend.Kernel.Refusal refusal)
        {
            refusal.Fields.Keys.ShouldBe(["markdown"]);
        }
    }

    internal static void ShouldBeHarmless(string html, string pictures = "^/media/1$")
    {
        foreach (var element in new HtmlParser().ParseDocument(html).Body!.QuerySelectorAll("*"))
        {
            s_elements.ShouldContain(element.LocalName, html);
            foreach (var attribute in element.Attributes) s_attributes.ShouldContain(attribute.Name, html);
            if (element.GetAttribute("href") is { } href)
                (href.StartsWith("https://", StringComparison.Ordinal) || href.StartsWith("http://", StringComparison.Ordinal)
                    || href.StartsWith("mailto:", StringComparison.Ordinal)
                    || href[0] == '#' || (href[0] == '/' && (href.Length == 1 || href[1] is not ('/' or '\\')))).ShouldBeTrue(html);
            if (element.GetAttribute("src") is { } src) src.ShouldMatch(pictures, html);
        }
    }

    [Theory]
    [InlineData("Open.\n\n[[paywall]]\n\nClosed.", "Open.")]
    [InlineData("Open.\r\n[[paywall]]\r\nClosed.", "Open.")]
    [InlineData("- one\n\n[[paywall]]\n\nClosed.", "one")]
    [InlineData("[[paywall]]\nClosed.", "")]
    [InlineData("Open.\n[[paywall]]", "Open.")]
    [InlineData("```\n[[paywall]]\n```\n\n[[Paywall]]\nClosed.", "[[paywall]]")]
    [InlineData("Say [[paywall]] here.\nClosed.", null)]
    [InlineData("    [[paywall]]\nClosed.", null)]
    [InlineData("```\nnever closed\n\n[[paywall]]\nClosed.", null)]
    [InlineData("```\n    ```\n[[paywall]]\n```\nClosed.", null)]
    [InlineData("- one\n\n  [[paywall]]\n\nClosed.", null)]
    [InlineData("> [[paywall]]\n\nClosed.", null)]
    [InlineData("Open.\n\n<!--members-only-->\n\nClosed.", null)]
    [InlineData("Closed.", null)]
    public void A_line_of_its_own_outside_of_code_divides_a_text(string markdown, string? above)
    {
        var text = PostText.Render(markdown);
        text.Preview?.Plain.ShouldNotContain("Closed");
        (text.Preview?.Plain.Trim()).ShouldBe(above);
        if (above is not null && !markdown.Contains("```", StringComparison.Ordinal)) text.Html.ShouldNotContain("paywall", Case.Insensitive);
    }

    [Fact]
    public void Above_the_line_nothing_can_be_drawn_from_below_it()
    {
        var text = PostText.Render("Read [this][plan].\n\n[[paywall]]\n\n[plan]: https://example.org/secret-plan \"The secret\"\n\nSecret.");
        text.Html.ShouldContain("secret-plan");
        text.Preview!.Html.ShouldBe("<p>Read [this][plan].</p>");
    }

    [Fact]
    public void A_picture_named_from_below_the_line_does_not_become_an_open_cover()
    {
        var sizes = new Dictionary<long, PixelSize> { [1] = new(4, 3), [2] = new(4, 3) };
        var text = PostText.Render("![a][first] ![b](/media/2)\n\n[[paywall]]\n\n[first]: /media/1\n", sizes);
        text.Images.ShouldBe([1, 2]);
        text.Preview!.Images.ShouldBe([2]);
        var post = new Stipend.Posts.Model.Post();
        post.Write("Title", "", "x", text, NodaTime.Instant.MinValue);
        post.CoverImageId!.Value.ShouldBe(1);
        post.IsCoverOpen.ShouldBeFalse();
    }
}
