using AngleSharp.Html.Parser;
using Shouldly;
using Stipend.Posts.Writing;
using Xunit;

namespace Stipend.Unit.Posts;

/// <summary>A text cut for its page: what stands together becomes a gallery, a video's link alone becomes a video, and nothing else changes.</summary>
public sealed class TextBlocksTests
{
    private static readonly HashSet<string> s_peerTubes = new(StringComparer.Ordinal) { "tube.example.org" };
    private static readonly Dictionary<long, PixelSize> s_sizes = Enumerable.Range(1, 9).ToDictionary(i => (long)i, _ => new PixelSize(40, 30));

    [Theory]
    [InlineData("![a](/media/1)\n![b](/media/2)", "[1 2]")]
    [InlineData("![a](/media/1) ![b](/media/2)\n![](/media/3)", "[1 2 3]")]
    [InlineData("![a](/media/1)  \n![b](/media/2)", "[1 2]")]
    [InlineData("Look:\n![a](/media/1)\n![b](/media/2)\nThere.", "<p>Look:</p> [1 2] <p>There.</p>")]
    [InlineData("One\n\n![a](/media/1)\n![b](/media/2)\n\n![c](/media/3)\n![d](/media/4)\n\ntwo", "<p>One</p> [1 2] [3 4] <p>two</p>")]
    [InlineData("> said\n>\n> ![a](/media/1)\n> ![b](/media/2)", "<blockquote> <p>said</p> [1 2] </blockquote>")]
    public void Pictures_in_lines_of_their_own_are_a_gallery(string markdown, string drawn) => Drawn(markdown).ShouldBe(drawn);

    [Theory]
    [InlineData("![a](/media/1)\n\n![b](/media/2)")]
    [InlineData("![a](/media/1)")]
    [InlineData("Both ![a](/media/1) ![b](/media/2)")]
    [InlineData("![a](/media/1)\nbetween\n![b](/media/2)")]
    [InlineData("*![a](/media/1)\n![b](/media/2)*")]
    [InlineData("![a](/media/1)\n![elsewhere](https://pics.example/o.png)")]
    [InlineData("```\n![a](/media/1)\n![b](/media/2)\n```")]
    [InlineData("Text, nothing but text.\n\n- and\n- a list")]
    public void What_does_not_stand_together_stays_as_it_was(string markdown)
    {
        var html = PostText.Render(markdown, s_sizes).Html;
        TextBlocks.Of(html, s_peerTubes).ShouldHaveSingleItem().ShouldBe(new ProseBlock(html));
    }

    [Fact]
    public void A_gallery_keeps_words_and_sizes()
    {
        var gallery = Blocks("![an \"otter\" & <b>](/media/1)\n![](/media/2)").ShouldHaveSingleItem().ShouldBeOfType<GalleryBlock>();
        gallery.Pictures.ShouldBe([new("/media/1", "an \"otter\" & <b>", 40, 30), new("/media/2", "", 40, 30)]);
    }

    [Fact]
    public void Above_the_paywall_line_a_gallery_holds_what_stands_there_and_no_more()
    {
        var text = PostText.Render("![a](/media/1)\n![b](/media/2)\n[[paywall]]\n![c](/media/3)\n![d](/media/4)", s_sizes);
        text.Preview!.Images.ShouldBe([1, 2]);
        Drawn(text.Preview.Html).ShouldBe("[1 2]");
        Drawn(text.Html).ShouldBe("[1 2] [3 4]");
    }

    [Theory]
    [InlineData("https://www.youtube.com/watch?v=a1B2c3D4e5_", "https://www.youtube-nocookie.com/embed/a1B2c3D4e5_?autoplay=1&rel=0")]
    [InlineData("https://m.youtube.com/watch?list=x&v=a1B2c3D4e5-&t=1m30s", "https://www.youtube-nocookie.com/embed/a1B2c3D4e5-?autoplay=1&rel=0&start=90")]
    [InlineData("http://youtu.be/a1B2c3D4e5_?t=42", "https://www.youtube-nocookie.com/embed/a1B2c3D4e5_?autoplay=1&rel=0&start=42")]
    [InlineData("https://youtube.com/shorts/a1B2c3D4e5_", "https://www.youtube-nocookie.com/embed/a1B2c3D4e5_?autoplay=1&rel=0")]
    [InlineData("https://vimeo.com/123456789", "https://player.vimeo.com/video/123456789?autoplay=1&dnt=1")]
    [InlineData("https://vimeo.com/123456789/0a1b2c3d4e", "https://player.vimeo.com/video/123456789?autoplay=1&dnt=1&h=0a1b2c3d4e")]
    [InlineData("https://player.vimeo.com/video/123456789?h=0a1b2c3d4e", "https://player.vimeo.com/video/123456789?autoplay=1&dnt=1&h=0a1b2c3d4e")]
    [InlineData("https://tube.example.org/w/9xYzkL2mNpQrStUvWx3456", "https://tube.example.org/videos/embed/9xYzkL2mNpQrStUvWx3456?autoplay=1&p2p=0")]
    [InlineData("https://TUBE.example.org/videos/watch/01234567-89ab-cdef-0123-456789abcdef",
        "https://tube.example.org/videos/embed/01234567-89ab-cdef-0123-456789abcdef?autoplay=1&p2p=0")]
    public void A_link_to_a_video_alone_on_a_line_is_that_video(string link, string frame)
    {
        var video = Blocks(link).ShouldHaveSingleItem().ShouldBeOfType<VideoBlock>();
        (video.Video.Frame, video.Title).ShouldBe((frame, null));
        Blocks($"[The otter swims]({link})").ShouldHaveSingleItem().ShouldBeOfType<VideoBlock>().Title.ShouldBe("The otter swims");
        Drawn($"See\n{link}\nand say.").ShouldBe($"<p>See</p> ({frame}) <p>and say.</p>");
        Blocks($"[x]({link})_").ShouldAllBe(b => b is ProseBlock);
        Blocks($"See {link} and say.").ShouldAllBe(b => b is ProseBlock);
        Blocks($"**See\n{link}\nand say.**").ShouldAllBe(b => b is ProseBlock);
    }

    [Theory]
    [InlineData("https://www.youtube.com/watch?v=short")]
    [InlineData("https://www.youtube.com/watch?v=a1B2c3D4e5_x")]
    [InlineData("https://www.youtube.com/watch?v=a1B2c3D4e5_&v=a1B2c3D4e5_")]
    [InlineData("https://www.youtube.com/watch?v=a1B2c3D4e5%22")]
    [InlineData("https://www.youtube.com/embed/../redirect?q=https://evil.example")]
    [InlineData("https://www.youtube.com/@creator")]
    [InlineData("https://www.youtube.com.evil.example/watch?v=a1B2c3D4e5_")]
    [InlineData("https://www.youtube.com@evil.example/watch?v=a1B2c3D4e5_")]
    [InlineData("https://evil.example/https://www.youtube.com/watch?v=a1B2c3D4e5_")]
    [InlineData("https://www.youtube.com:8443/watch?v=a1B2c3D4e5_")]
    [InlineData("https://notyoutu.be/a1B2c3D4e5_")]
    [InlineData("https://youtu.be/a1B2c3D4e5_/more")]
    [InlineData("https://vimeo.com/123456789/0a1b2c\";frame-src *")]
    [InlineData("https://vimeo.com/album/123456789")]
    [InlineData("https://other.example.org/w/9xYzkL2mNpQrStUvWx3456")]
    [InlineData("https://tube.example.org/w/9xYzkL2mNpQrStUvWx345l")]
    [InlineData("https://tube.example.org/videos/watch/01234567-89ab-cdef-0123-456789abcdef?a=1/../../x#y/embed/")]
    public void What_is_not_exactly_a_video_known_stays_a_link(string link)
    {
        var block = Blocks($"[x](<{link}>)").ShouldHaveSingleItem();
        if (block is VideoBlock { Video: var video }) video.Frame.ShouldBe("https://tube.example.org/videos/embed/01234567-89ab-cdef-0123-456789abcdef?autoplay=1&p2p=0");
        else block.ShouldBeOfType<ProseBlock>();
        Blocks(link).ShouldAllBe(b => b is ProseBlock || ((VideoBlock)b).Video.Frame.StartsWith("https://tube.example.org/videos/embed/01234567-"));
    }

    /// <summary>Every attack in a link's words, a link's address, a picture's words and beside them: what is drawn as prose is as harmless as before it
    /// was cut, and what is taken out has the one shape it can have.</summary>
    [Theory, MemberData(nameof(PostTextTests.Attacks), MemberType = typeof(PostTextTests))]
    public void Nothing_that_runs_comes_out_of_the_cutting_either(string attack)
    {
        foreach (var markdown in new[]
        {
            attack, $"![{attack}](/media/1)\n![b](/media/2)", $"![a](/media/1)\n{attack}\n![b](/media/2)\n![c](/media/3)", $"[{attack}](https://youtu.be/a1B2c3D4e5_)",
            $"https://youtu.be/{attack}", $"https://www.youtube.com/watch?v=a1B2c3D4e5_&{attack}", $"https://tube.example.org/w/{attack}",
            $"{attack}\nhttps://vimeo.com/123456789\n{attack}", $"https://vimeo.com/123456789/{attack}", $"[x](https://vimeo.com/123456789?h={attack})",
        })
        {
            var html = PostText.Render(markdown, s_sizes).Html;
            var blocks = TextBlocks.Of(html, s_peerTubes);
            PostTextTests.ShouldBeHarmless(string.Concat(blocks.OfType<ProseBlock>().Select(b => b.Html)), "^/media/[1-9]$");
            foreach (var picture in blocks.OfType<GalleryBlock>().SelectMany(g => g.Pictures)) picture.Src.ShouldMatch("^/media/[1-9]$");
            foreach (var video in blocks.OfType<VideoBlock>().Select(v => v.Video))
            {
                video.Frame.ShouldMatch(@"^https://(www\.youtube-nocookie\.com/embed|player\.vimeo\.com/video|tube\.example\.org/videos/embed)/[\w-]+\?[a-z0-9=&]+$");
                video.Address.ShouldStartWith("http");
                video.Origin.ShouldMatch(@"^https://[a-z.-]+$");
            }
        }
    }

    [Fact]
    public void A_long_line_is_cut_in_time_that_grows_with_its_length_alone()
    {
        var spaces = new string(' ', 90_000);
        foreach (var text in new[] { $"![a](/media/1){spaces}x{spaces}", $"![a](/media/1){spaces}![b](/media/2)", string.Concat(Enumerable.Repeat("![a](/media/1) ", 6_000)) + "x",
            string.Concat(Enumerable.Repeat("![a](/media/1)\n", 6_000)) })
            new HtmlParser().ParseDocument(string.Concat(Blocks(text).OfType<ProseBlock>().Select(b => b.Html))).Body.ShouldNotBeNull();
    }

    private static IReadOnlyList<TextBlock> Blocks(string markdown) => TextBlocks.Of(PostText.Render(markdown, s_sizes).Html, s_peerTubes);

    private static string Drawn(string text) => string.Join(' ', (text.StartsWith('<') ? TextBlocks.Of(text, s_peerTubes) : Blocks(text)).Select(b => b switch
    {
        GalleryBlock gallery => $"[{string.Join(' ', gallery.Pictures.Select(p => p.Src["/media/".Length..]))}]",
        VideoBlock video => $"({video.Video.Frame})",
        ProseBlock prose => prose.Html.Trim().Replace("\n", " "),
        _ => "?",
    }).Where(drawn => drawn.Length > 0));
}
