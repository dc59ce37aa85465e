using System.Net;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>Galleries and videos in a post: drawn on its page alone, from a text that stays plain everywhere else.</summary>
public sealed class MediaTests
{
    private const string Player = "https://www.youtube-nocookie.com", Video = "https://youtu.be/a1B2c3D4e5_";

    [Theory, OnEveryEngine]
    public async Task Galleries_and_videos_are_drawn_for_whom_they_are_open_and_are_plain_in_feeds(Engine engine)
    {
        await using var stage = await PostStage.Start(engine, adjust: b => b.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["Stipend:Posts:PeerTubeHosts"] = "Tube.example.org, film.example.net" }));
        var pictures = new List<string>();
        for (byte i = 0; i < 4; i++) pictures.Add(await Pictures.Upload(stage.Ada, [.. Pictures.Png, i]));
        var post = await stage.Publishes("Pictures", $"""
            Everybody sees two:

            ![An “otter” & <friends>]({pictures[0]})
            ![Its bath]({pictures[1]})

            [[paywall]]

            ![The plans]({pictures[2]})
            ![]({pictures[3]})

            [How it swims]({Video})

            https://video.example.org/w/9xYzkL2mNpQrStUvWx3456
            """, Audience.Members);
        var (visitor, mia) = (stage.App.Visitor(), await stage.Member("mia"));
        var path = (await visitor.Get($"/ada-makes/posts/{post}")).Location!;

        var closed = await visitor.Open(path);
        closed.Html.QuerySelectorAll("s-gallery .gallery a").Select(a => a.GetAttribute("href")).ShouldBe(pictures[..2]);
        closed.Texts(".gallery figcaption").ShouldBe(["An “otter” & <friends>", "Its bath"]);
        foreach (var hidden in new[] { pictures[2], pictures[3], "youtu", "How it swims" }) closed.Body.ShouldNotContain(hidden);
        (await visitor.Get(pictures[1])).Status.ShouldBe(HttpStatusCode.OK);
        (await visitor.Get(pictures[2])).Status.ShouldBe(HttpStatusCode.NotFound);
        Policy(closed).ShouldNotContain("frame-src");

        var open = await mia.Open(path);
        open.Html.QuerySelectorAll(".gallery").Length.ShouldBe(2);
        open.Find($".gallery a[href='{pictures[3]}']")!.GetAttribute("aria-label").ShouldBe("Picture 2 of 2");
        open.Find($".gallery a[href='{pictures[2]}']")!.HasAttribute("aria-label").ShouldBeFalse();
        open.Find("s-video")!.GetAttribute("data-frame").ShouldStartWith($"{Player}/embed/a1B2c3D4e5_?");
        open.Find("s-video a")!.GetAttribute("href").ShouldBe(Video);
        open.Find(".video-title")!.TextContent.ShouldBe("How it swims");
        open.Html.QuerySelectorAll("iframe, [src^='http']").ShouldBeEmpty("nothing of another site before somebody presses");
        Policy(open).Split("; ").ShouldContain($"frame-src {Player}");
        open.Find(".prose p > a[href^='https://video.example.org']").ShouldNotBeNull("a host nobody named is a link");
        foreach (var other in new[] { "/ada-makes", "/home", "/ada-makes/posts/404" }) Policy(await mia.Get(other)).ShouldNotContain("frame-src", Case.Sensitive, other);

        var feed = new Uri((await mia.Post("/account/feeds", ("name", "Phone"), ("campaign", "ada-makes"))).Find("input[name='rss-0']")!.GetAttribute("value")!).PathAndQuery;
        foreach (var reader in new[] { feed, feed.Replace(".xml", ".json", StringComparison.Ordinal) })
        {
            var read = (await visitor.Open(reader)).Body;
            foreach (var picture in pictures) read.ShouldContain($"{picture}");
            read.ShouldContain(Video);
            foreach (var drawn in new[] { "s-gallery", "s-video", "figcaption", Player }) read.ShouldNotContain(drawn, Case.Sensitive, reader);
        }
        (await stage.Scalar<string>("SELECT html FROM post"))!.ShouldNotContain("gallery", Case.Insensitive, "what mails and apps are made from is plain");
        await Takes_several_pictures_without_JavaScript_and_shows_the_writer_the_gallery(stage);
        await Plays_the_PeerTubes_the_operator_names(stage);
    }

    private static async Task Plays_the_PeerTubes_the_operator_names(PostStage stage)
    {
        var post = await stage.Publishes("Film", "https://tube.example.org/w/9xYzkL2mNpQrStUvWx3456\n\nhttps://evil.example.com/w/9xYzkL2mNpQrStUvWx3456");
        var page = await stage.App.Visitor().Open($"/ada-makes/posts/{post}");
        page.Html.QuerySelectorAll("s-video").ShouldHaveSingleItem().GetAttribute("data-frame")
            .ShouldBe("https://tube.example.org/videos/embed/9xYzkL2mNpQrStUvWx3456?autoplay=1&p2p=0");
        Policy(page).Split("; ").ShouldContain("frame-src https://tube.example.org");
    }

    private static async Task Takes_several_pictures_without_JavaScript_and_shows_the_writer_the_gallery(PostStage stage)
    {
        var answer = await Page.Of(await stage.Ada.Client.PostAsync("/ada-makes/posts/new", new MultipartFormDataContent
        {
            { new StringContent("picture"), "action" }, { new StringContent("Otters"), "title" }, { new StringContent("Look:"), "markdown" },
            { new ByteArrayContent(Pictures.Png), "picture", "otter.png" }, { new ByteArrayContent(Pictures.Gif), "picture", "heron.gif" },
        }));
        var markdown = answer.Form("form.composer").Fields["markdown"].ReplaceLineEndings("\n");
        markdown.ShouldMatch(@"^Look:\n\n!\[\]\(/media/\d+\)\n!\[\]\(/media/\d+\)\n$");
        var drawn = await stage.Ada.Post("/ada-makes/posts/preview", ("text", $"{markdown}\n{Video}"));
        drawn.Html.QuerySelectorAll(".gallery img").Length.ShouldBe(2);
        drawn.Find("s-video a").ShouldNotBeNull();
        Policy(drawn).ShouldNotContain("frame-src");
        drawn.Find("h1").ShouldBeNull("a fragment and no page");
    }

    private static string Policy(Page page) => page.Response.Headers.GetValues("Content-Security-Policy").Single();
}
