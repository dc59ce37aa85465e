using System.Net;
using System.Text.Json;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Posts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Vault;

/// <summary>A file opens with its post, for exactly those it is open to, at every request.</summary>
public sealed class GateTests
{
    [Theory, OnEveryEngine]
    public async Task A_file_is_given_to_whom_its_post_is_open_as_long_as_it_is(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var post = await stage.Publishes("Rehearsal", "Listen.", Audience.Tiers(stage.Big.Id));
        var path = await Files.Upload(stage.Ada, post, "take one.mp3", Files.Mp3());
        var mia = await stage.App.SignUp("mia");
        var cause = await stage.Grant(mia, stage.Big);
        foreach (var reader in new[] { stage.App.Visitor(), await stage.Member("free"), await stage.Member("wrong", stage.Small),
            await stage.Declined("declined", stage.Big) })
        {
            (await reader.Get(path)).Status.ShouldBe(HttpStatusCode.NotFound, reader.Name);
            (await reader.Get($"/media/{path.Split('/')[2]}/anything")).Status.ShouldBe(HttpStatusCode.NotFound, reader.Name);
            var page = await reader.Open($"/ada-makes/posts/{post}");
            page.Find(".files")!.TextContent.ShouldContain("take one.mp3");
            page.Body.ShouldNotContain("/media/", Case.Sensitive, reader.Name);
        }
        foreach (var reader in new[] { stage.Ada, mia })
        {
            var page = await reader.Open($"/ada-makes/posts/{post}");
            page.Find("audio[controls]")!.GetAttribute("src").ShouldBe(path);
            var answer = await Files.Ask(reader, path);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await answer.Content.ReadAsByteArrayAsync()).ShouldBe(Files.Mp3());
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("audio/mpeg");
            answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
            answer.Headers.CacheControl!.ToString().ShouldBe("no-cache, private");
        }
        var tag = (await Files.Ask(mia, path)).Headers.ETag!.ToString();
        (await Files.Ask(mia, path, ("If-None-Match", tag))).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        var link = await Link(mia, path);
        (await Files.Ask(stage.App.Visitor(), link)).StatusCode.ShouldBe(HttpStatusCode.OK);

        stage.App.Time.Advance(Duration.FromSeconds(5));
        await Files.EndGrant(stage, cause);
        stage.App.Time.Advance(Duration.FromSeconds(5));
        (await Files.Ask(mia, path, ("If-None-Match", tag))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Files.Ask(mia, path, ("Range", "bytes=0-9"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Files.Ask(stage.App.Visitor(), link)).StatusCode.ShouldBe(HttpStatusCode.NotFound); // the link dies with the entitlement
    }

    [Fact]
    public async Task A_link_is_for_one_file_and_one_hour_and_cannot_be_made_for_what_is_closed()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite);
        var post = await stage.Publishes("Rehearsal", "Listen.", Audience.PaidMembers);
        var (one, two) = (await Files.Upload(stage.Ada, post, "one.mp3", Files.Mp3(1)), await Files.Upload(stage.Ada, post, "two.mp3", Files.Mp3(2)));
        var visitor = stage.App.Visitor();
        ((int)(await (await stage.Member("free")).Post($"/media/{one.Split('/')[2]}/link")).Status).ShouldBe(404);
        ((int)(await visitor.Post($"/media/{one.Split('/')[2]}/link")).Status).ShouldBe(401);
        var link = await Link(await stage.Member("mia", stage.Small), one);
        (await Files.Ask(visitor, link)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Files.Ask(visitor, two + link[link.IndexOf('?')..])).StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await Files.Ask(visitor, link[..^4] + "AAAA")).StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await Files.Ask(visitor, $"{one}?link=nonsense")).StatusCode.ShouldBe(HttpStatusCode.Gone);
        stage.App.Time.Advance(Duration.FromMinutes(61));
        (await Files.Ask(visitor, link)).StatusCode.ShouldBe(HttpStatusCode.Gone);
    }

    [Theory, OnEveryEngine]
    public async Task Drafts_withdrawn_and_deleted_posts_give_nothing_and_deleted_bytes_go_a_day_later(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await stage.Composes("/ada-makes/posts/new", "save", ("title", "Draft"), ("markdown", "x"));
        var post = await stage.Scalar<long>("SELECT id FROM post");
        var path = await Files.Upload(stage.Ada, post, "secret.mp3", Files.Mp3());
        var visitor = stage.App.Visitor();
        (await visitor.Get(path)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await Files.Ask(stage.Ada, path)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await stage.Ada.Open($"/ada-makes/posts/{post}/edit")).Find("#files")!.TextContent.ShouldContain("secret.mp3");

        await stage.Ada.Post($"/ada-makes/posts/{post}/publish");
        (await Files.Ask(visitor, path)).Headers.CacheControl!.Public.ShouldBeTrue();
        await stage.Ada.Post($"/ada-makes/posts/{post}/withdraw");
        (await visitor.Get(path)).Status.ShouldBe(HttpStatusCode.NotFound);

        await stage.Ada.Post($"/ada-makes/posts/{post}/delete");
        (await Files.Ask(stage.Ada, path)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await stage.Count("vault_file")).ShouldBe(0);
        (await stage.Count("vault_blob")).ShouldBe(0);
        (await stage.Scalar<long>("SELECT used_bytes FROM vault_shelf")).ShouldBe(0);
        await stage.App.Drain();
        Files.Objects(stage.App).Length.ShouldBe(1); // a backup under way still finds it
        await stage.App.TravelTo("2026-01-17");
        Files.Objects(stage.App).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task Nobody_puts_files_to_or_takes_them_from_what_is_not_theirs(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var post = await stage.Publishes("Mine", "x");
        var path = await Files.Upload(stage.Ada, post, "one.mp3", Files.Mp3());
        var eve = await stage.App.SignUp("eve");
        var other = await stage.App.HasCampaign("eve-takes", eve.Id);
        (await Files.Send(eve, post, "mine.mp3", Files.Mp3(2))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Files.Send(stage.App.Visitor(), post, "mine.mp3", Files.Mp3(2))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var id = path.Split('/')[2];
        (await eve.Post($"/ada-makes/uploads/files/{id}/remove")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await eve.Post($"/eve-takes/uploads/files/{id}/remove")).Status.ShouldBe(HttpStatusCode.NotFound);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Files.Mp3(2)), "file", "a.mp3" } };
        (await eve.Client.PostAsync($"/eve-takes/uploads/post/{post}", form)).StatusCode.ShouldBe(HttpStatusCode.NotFound); // a post of another campaign
        (await stage.Count("vault_file")).ShouldBe(1);
        (await stage.Ada.Post($"/ada-makes/uploads/files/{id}/remove")).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await stage.Count("vault_file")).ShouldBe(0);
        other.Id.ShouldNotBe(stage.Campaign.Id);
    }

    private static async Task<string> Link(Actor actor, string path)
    {
        var answer = await actor.Post($"/media/{path.Split('/')[2]}/link");
        ((int)answer.Status).ShouldBe(201, answer.Body);
        return new Uri(JsonDocument.Parse(answer.Body).RootElement.GetProperty("url").GetString()!).PathAndQuery;
    }
}
