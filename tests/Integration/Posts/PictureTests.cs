using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

public sealed class PictureTests
{
    [Theory, OnEveryEngine]
    public async Task A_picture_is_public_only_through_a_public_post(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var image = await Pictures.Upload(stage.Ada, Pictures.Png);
        var visitor = stage.App.Visitor();
        (await visitor.Get(image)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await stage.Ada.Get(image)).Status.ShouldBe(HttpStatusCode.OK);

        await stage.Publishes("Shown", $"![otter]({image})");
        var picture = await visitor.Client.GetAsync(image);
        picture.StatusCode.ShouldBe(HttpStatusCode.OK);
        picture.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        picture.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        picture.Headers.CacheControl!.Public.ShouldBeTrue();
        (await picture.Content.ReadAsByteArrayAsync()).ShouldBe(Pictures.Png);

        var post = await stage.Scalar<long>("SELECT id FROM post");
        (await stage.Ada.Post($"/ada-makes/posts/{post}/delete")).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await visitor.Get(image)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory, OnEveryEngine]
    public async Task Ranges_and_tags_are_answered(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var image = await Pictures.Upload(stage.Ada, Pictures.Png);
        using var part = new HttpRequestMessage(HttpMethod.Get, image);
        part.Headers.Range = new RangeHeaderValue(0, 7);
        var answer = await stage.Ada.Client.SendAsync(part);
        answer.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBe(Pictures.Png[..8]);
        using var again = new HttpRequestMessage(HttpMethod.Get, image);
        again.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
        (await stage.Ada.Client.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Theory, OnEveryEngine]
    public async Task The_same_picture_twice_is_one(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        (await Pictures.Upload(stage.Ada, Pictures.Gif)).ShouldBe(await Pictures.Upload(stage.Ada, Pictures.Gif));
        (await stage.Count("post_image")).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task What_is_no_picture_is_refused_whatever_it_calls_itself_and_nothing_is_kept(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        foreach (var (bytes, says) in new[]
        {
            (Array.Empty<byte>(), "empty"), (Encoding.UTF8.GetBytes("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), "SVG"),
            (Encoding.UTF8.GetBytes("<html><script>alert(1)</script>"), "web page"),
                (Encoding.UTF8.GetBytes("GIF8 nearly"), "not a picture"), (Pictures.Png[..20], "damaged"),
        })
        {
            var answer = await Pictures.Send(stage.Ada, bytes);
            ((int)answer.StatusCode).ShouldBe(422, says);
            (await answer.Content.ReadAsStringAsync()).ShouldContain(says);
        }
        var large = new byte[10 * 1024 * 1024 + 1];
        Pictures.Png.CopyTo(large, 0);
        ((int)(await Pictures.Send(stage.Ada, large)).StatusCode).ShouldBe(413);
        (await stage.Count("post_image")).ShouldBe(0);
        var files = Path.Combine(stage.App.DataFolder, "files");
        (Directory.Exists(files) ? Directory.GetFiles(files, "*", SearchOption.AllDirectories) : []).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task A_mislabelled_picture_is_served_as_what_it_is(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        ((int)(await Pictures.Send(stage.Ada, Pictures.Gif, "text/html", "page.html")).StatusCode).ShouldBe(201);
        var id = await stage.Scalar<long>("SELECT id FROM post_image");
        (await stage.Ada.Client.GetAsync($"/media/{id}")).Content.Headers.ContentType!.MediaType.ShouldBe("image/gif");
    }

    [Theory, OnEveryEngine]
    public async Task A_picture_of_another_campaign_cannot_be_opened_by_naming_it_in_an_own_post(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var image = await Pictures.Upload(stage.Ada, Pictures.Png);
        await stage.Publishes("Closed", $"![]({image})", Audience.PaidMembers);
        var eve = await stage.App.SignUp("eve");
        await stage.App.HasCampaign("eve-takes", eve.Id);
        var answer = await eve.Post("/eve-takes/posts/new", ("action", "publish"), ("audience", "public"), ("title", "Mine now"),
            ("markdown", $"![]({image})"));
        ((int)answer.Status).ShouldBe(422);
        answer.Text.ShouldContain("is not one of this campaign’s".Replace('’', '\''));
        (await stage.Count("post")).ShouldBe(1);
        (await eve.Get(image)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory, OnEveryEngine]
    public async Task Without_JavaScript_a_picture_goes_to_the_end_of_the_text_and_nothing_typed_is_lost(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var answer = await Page(stage, new MultipartFormDataContent
        {
            { new StringContent("picture"), "action" }, { new StringContent("The otter"), "title" },
                { new StringContent("Look:"), "markdown" },
            { new StringContent("members"), "audience" }, { new ByteArrayContent(Pictures.Png), "picture", "otter.png" },
        });
        var (_, fields) = answer.Form("form.composer");
        fields["title"].ShouldBe("The otter");
        fields["audience"].ShouldBe("members");
        fields["markdown"].ShouldStartWith("Look:\n\n![](/media/");
        (await stage.Count("post")).ShouldBe(0);
    }

    private static async Task<Support.Page> Page(PostStage stage, HttpContent form) =>
        await Support.Page.Of(await stage.Ada.Client.PostAsync("/ada-makes/posts/new", form));
}
