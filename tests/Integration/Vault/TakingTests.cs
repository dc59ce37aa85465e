using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Integration.Posts;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.Vault.Contracts;
using Xunit;

namespace Stipend.Integration.Vault;

public sealed class TakingTests
{
    [Theory, OnEveryEngine]
    public async Task The_same_bytes_are_kept_and_counted_once_and_go_with_their_last_file(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var (one, two) = (await stage.Publishes("One", "x"), await stage.Publishes("Two", "x"));
        var (first, second) = (await Files.Upload(stage.Ada, one, "a.mp3", Files.Mp3()), await Files.Upload(stage.Ada, two, "b.mp3", Files.Mp3()));
        (await stage.Count("vault_blob")).ShouldBe(1);
        (await Used(stage)).ShouldBe(Files.Mp3().Length);
        Files.Objects(stage.App).Length.ShouldBe(1);
        Files.Arriving(stage.App).ShouldBeEmpty();
        await stage.Ada.Post($"/ada-makes/uploads/files/{first.Split('/')[2]}/remove");
        (await Used(stage)).ShouldBe(Files.Mp3().Length);
        await stage.App.TravelTo("2026-01-20");
        (await Files.Ask(stage.Ada, second)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await stage.Ada.Post($"/ada-makes/uploads/files/{second.Split('/')[2]}/remove");
        var again = await Files.Upload(stage.Ada, one, "c.mp3", Files.Mp3()); // back before the first object is removed
        await stage.App.TravelTo("2026-01-25");
        (await Files.Ask(stage.Ada, again)).StatusCode.ShouldBe(HttpStatusCode.OK);
        Files.Objects(stage.App).Length.ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task Another_campaign_learns_nothing_from_having_the_same_bytes(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await Files.Upload(stage.Ada, await stage.Publishes("One", "x"), "a.mp3", Files.Mp3());
        var eve = await stage.App.SignUp("eve");
        var other = await stage.App.HasCampaign("eve-takes", eve.Id);
        await stage.App.In(async s =>
        {
            var post = await s.GetRequiredService<Stipend.Posts.Contracts.IPosts>().Publish(
                new(other.Id, eve.Id, "Mine", "x", Stipend.Entitlements.Contracts.Audience.Public, false, null));
            using var bytes = new MemoryStream(Files.Mp3());
            await s.GetRequiredService<IVault>().Take(other, eve.Id, "post", post, "a.mp3", bytes);
        });
        (await stage.Count("vault_blob")).ShouldBe(2);
        (await Files.Column(stage.App, "SELECT DISTINCT hash FROM vault_blob")).Count.ShouldBe(2); // keyed per campaign
        Files.Objects(stage.App).Length.ShouldBe(2);
    }

    [Theory, OnEveryEngine]
    public async Task Many_at_once_with_the_same_bytes_and_removals_between_lose_none_and_count_right(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var post = await stage.Publishes("One", "x");
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            var path = await Files.Upload(stage.Ada, post, $"{i}.mp3", Files.Mp3(i % 3));
            if (i % 2 == 0) (await stage.Ada.Post($"/ada-makes/uploads/files/{path.Split('/')[2]}/remove")).Status.ShouldBe(HttpStatusCode.SeeOther);
        }));
        (await stage.Count("vault_file")).ShouldBe(6);
        (await stage.Count("vault_blob")).ShouldBe(3);
        (await Used(stage)).ShouldBe(3 * Files.Mp3().Length);
        await stage.App.TravelTo("2026-01-20");
        Files.Objects(stage.App).Length.ShouldBe(3);
        foreach (var id in await Files.Column(stage.App, "SELECT id FROM vault_file"))
            (await Files.Ask(stage.Ada, $"/media/{id}/x")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory, OnEveryEngine]
    public async Task What_cannot_be_kept_is_refused_in_a_sentence_and_leaves_nothing(Engine engine)
    {
        await using var stage = await PostStage.Start(engine, adjust: Small);
        var post = await stage.Publishes("One", "x");
        foreach (var (name, bytes, status, says) in new[]
        {
            ("a.mp3", Array.Empty<byte>(), 422, "is empty"), ("a.mp3", Pictures.Png, 422, "its bytes are a PNG picture"),
            ("a.png", Files.Mp3(), 422, "its bytes are an MP3 recording"), ("a.mp4", Files.Text("not a film"), 422, "its bytes are something else"),
            ("a.png", Pictures.Png[..40], 422, "damaged or cut off"), ("a.zip", Files.Text("PK\u0003\u0004 and then nothing"), 422, "damaged or cut off"),
            ("a.zip", Files.Bomb(), 422, "as only a trap does"), ("b.zip", Files.Uncounted(), 422, "too many files to look at"), ("a.bin", Files.Noise(1, 1_000_001), 413, "larger than the 1 MB"),
            ("a.bin", Files.Noise(1, 1_100_000), 413, "at most 1 MB"),
            ("a.png", Huge(), 422, "50,000 × 50,000 pixels"),
        })
            (await Files.Refused(Files.Send(stage.Ada, post, name, bytes))).ShouldSatisfyAllConditions(
                r => r.Status.ShouldBe(status, says), r => r.Says.ShouldContain(says));
        await Files.Upload(stage.Ada, post, "a.bin", Files.Noise(1, 700_000));
        await Files.Upload(stage.Ada, post, "b.bin", Files.Noise(1, 700_000)); // the same bytes cost nothing
        (await Files.Refused(Files.Send(stage.Ada, post, "c.bin", Files.Noise(2, 900_000)))).ShouldSatisfyAllConditions(
            r => r.Status.ShouldBe(413), r => r.Says.ShouldContain("uses 700 KB of its 1.5 MB"));
        await Files.Upload(stage.Ada, post, "d.bin", Files.Noise(3, 1_000));
        (await Files.Refused(Files.Send(stage.Ada, post, "e.bin", Files.Noise(4, 1_000)))).Says.ShouldContain("Remove one first");
        (await stage.Count("vault_file")).ShouldBe(3);
        (await Used(stage)).ShouldBe(701_000);
        Files.Objects(stage.App).Length.ShouldBe(2);
        Files.Arriving(stage.App).ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_JavaScript_files_are_added_and_refused_on_the_posts_own_page()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite);
        var post = await stage.Publishes("One", "x");
        var added = await Page.Of(await Files.Send(stage.Ada, post, "otter.png", Pictures.Png, asPage: true));
        added.Location.ShouldBe($"/ada-makes/posts/{post}/edit#files");
        (await stage.Ada.Open($"/ada-makes/posts/{post}/edit")).ShouldSatisfyAllConditions(
            p => p.Find(".flash")!.TextContent.ShouldContain("The file is added."), p => p.Find("#files .file-name")!.TextContent.ShouldBe("otter.png"),
            p => p.Find("#files form[enctype='multipart/form-data'] input[type=file][name=file]").ShouldNotBeNull());
        (await Page.Of(await Files.Send(stage.Ada, post, "otter.png", [], asPage: true))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await stage.Ada.Open($"/ada-makes/posts/{post}/edit")).Find(".flash")!.TextContent.ShouldContain("“otter.png” is empty");
        (await stage.App.Visitor().Open($"/ada-makes/posts/{post}")).Find(".file-gallery img")!.GetAttribute("alt").ShouldBe("otter.png");
    }

    private static void Small(WebApplicationBuilder builder) => builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["Stipend:Vault:MaxFileBytes"] = "1000000", ["Stipend:Vault:QuotaBytes"] = "1500000", ["Stipend:Vault:MaxFilesPerPost"] = "3",
    });

    private static Task<long> Used(PostStage stage) => stage.Scalar<long>("SELECT used_bytes FROM vault_shelf");

    /// <summary>A picture that says it is 50,000 pixels on each side.</summary>
    private static byte[] Huge()
    {
        var bytes = Pictures.Png;
        (bytes[18], bytes[19], bytes[22], bytes[23]) = (0xC3, 0x50, 0xC3, 0x50);
        return bytes;
    }
}
