using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Integration.Vault;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Images;
using Stipend.Support;
using Stipend.Vault.Contracts;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>Pictures of texts are files of the vault: taken in by its rules, counted, read again, let go.</summary>
public sealed class PictureKeepingTests
{
    [Theory, OnEveryEngine]
    public async Task What_is_cut_off_a_bomb_or_not_what_it_says_gets_one_sentence_and_nothing_is_kept(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var (png, bomb) = (Pictures.PngOf(300, 200, 90_000), Pictures.PngOf(19_999, 19_999, 380_000));
        foreach (var (bytes, name, says) in new[]
        {
            (png[..(png.Length / 3)], "otter.png", "“otter.png” is damaged or cut off: it begins as a PNG picture and does not end as one."),
            (Pictures.Jpeg[..300], "otter.jpg", "“otter.jpg” is damaged or cut off"), // of it the preview is whole
            (Pictures.Gif[..^2], "otter.gif", "“otter.gif” is damaged or cut off"),
            (bomb, "otter.png", "“otter.png” would unpack to 19,999 × 19,999 pixels, more than a screen can use. Make it smaller and try again."),
            (Pictures.Gif, "otter.png", "“otter.png” says it is a PNG picture, but its bytes are a GIF picture."),
        })
        {
            var (status, title) = await Files.Refused(Pictures.Send(stage.Ada, bytes, name: name));
            (status, title).ShouldSatisfyAllConditions(r => r.status.ShouldBe(422, says), r => r.title.ShouldStartWith(says));
        }
        using var form = new MultipartFormDataContent
        {
            { new StringContent("picture"), "action" }, { new StringContent("Typed"), "title" }, { new ByteArrayContent(bomb), "picture", "otter.png" },
        };
        var page = await Page.Of(await stage.Ada.Client.PostAsync("/ada-makes/posts/new", form));
        (page.Text, page.Form("form.composer").Fields["title"]).ShouldSatisfyAllConditions(p => p.Text.ShouldContain("19,999 × 19,999"), p => p.Item2.ShouldBe("Typed"));
        await IsEmpty(stage);
        byte[] motion = [.. Pictures.Jpeg, .. Enumerable.Repeat((byte)7, 300_000)]; // a phone's, with a film of seconds behind the picture
        foreach (var whole in new[] { png, Pictures.Jpeg, Pictures.Gif, motion }) await Pictures.Upload(stage.Ada, whole);
        (await stage.Count("post_image")).ShouldBe(4);
    }

    [Theory, OnEveryEngine]
    public async Task Pictures_count_once_for_the_quota_and_what_does_not_fit_is_refused(Engine engine)
    {
        await using var stage = await PostStage.Start(engine, adjust: b => b.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["Stipend:Vault:QuotaBytes"] = "50000" }));
        var picture = Pictures.PngOf(300, 200, 30_000);
        var address = await Pictures.Upload(stage.Ada, picture);
        (await Pictures.Upload(stage.Ada, picture)).ShouldBe(address);
        var post = await stage.Publishes("One", "x");
        using (var content = new MemoryStream(picture))
            await stage.App.In(s => s.GetRequiredService<IVault>().Take(stage.Campaign, stage.Ada.Id, "post", post, "the same.png", content));
        (await Use(stage)).UsedBytes.ShouldBe(picture.Length);
        var other = Pictures.PngOf(300, 200, 30_000, seed: 1);
        var (status, says) = await Files.Refused(Pictures.Send(stage.Ada, other));
        (status, says).ShouldBe((413, "This campaign uses 30 KB of its 50 KB, and this does not fit in. Remove something first, or ask the operator for more."));
        using var form = new MultipartFormDataContent
        {
            { new StringContent("picture"), "action" }, { new StringContent("Typed"), "title" }, { new ByteArrayContent(other), "picture", "otter.png" },
        };
        var page = await Page.Of(await stage.Ada.Client.PostAsync("/ada-makes/posts/new", form));
        page.Text.ShouldContain("does not fit in");
        page.Form("form.composer").Fields["title"].ShouldBe("Typed");
        (await stage.Count("post_image"), await stage.Count("vault_blob"), await stage.Count("vault_file")).ShouldBe((1, 1, 2));
        Files.Arriving(stage.App).ShouldBeEmpty();
        Files.Objects(stage.App).Length.ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task A_scrub_reads_pictures_too_and_the_same_picture_mends_what_it_finds(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var (png, jpeg) = (Pictures.PngOf(30, 20, 3_000), Pictures.Jpeg);
        var (first, second) = (await Pictures.Upload(stage.Ada, png), await Pictures.Upload(stage.Ada, jpeg));
        (await Scrub(stage)).ShouldSatisfyAllConditions(r => r.Objects.ShouldBe(2), r => r.Findings.ShouldBeEmpty());
        var (a, b) = (await At(stage, first), await At(stage, second));
        await using (var file = new FileStream(a, FileMode.Open)) file.Write("damage"u8);
        File.Delete(b);
        (await Scrub(stage)).Findings.Select(f => $"{f.Fault} {string.Join(',', f.Files)}").ShouldBe(["damaged otter.png", "missing otter.jpg"], ignoreOrder: true);
        ((int)(await stage.Ada.Client.GetAsync(second)).StatusCode).ShouldBe(503);
        (await Pictures.Upload(stage.Ada, png)).ShouldBe(first);
        (await Pictures.Upload(stage.Ada, jpeg)).ShouldBe(second);
        (await Scrub(stage)).Findings.ShouldBeEmpty();
        (await stage.Ada.Client.GetByteArrayAsync(second)).ShouldBe(jpeg);
        (await stage.Count("vault_file"), await stage.Count("post_image")).ShouldBe((2, 2));
    }

    [Theory, OnEveryEngine]
    public async Task Pictures_from_before_are_served_counted_read_and_brought_as_they_are(Engine engine)
    {
        await using var stage = await PostStage.Start(engine, adjust: b => b.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["Stipend:Vault:QuotaBytes"] = "1000" }));
        var (cut, lost, damaged) = (Pictures.PngOf(300, 200, 9_000)[..4_000], Pictures.PngOf(3, 2, 10), Pictures.PngOf(3, 2, 20));
        var paths = new List<string>();
        foreach (var (bytes, i) in new[] { cut, lost, damaged }.Select((bytes, i) => (bytes, i))) paths.Add(await Before(stage, 70 + i, bytes));
        File.Delete(paths[1]);
        await File.WriteAllTextAsync(paths[2], "no more what it was");
        await stage.Publishes("Old", "![](/media/70)");
        var visitor = stage.App.Visitor();
        (await visitor.Client.GetByteArrayAsync("/media/70")).ShouldBe(cut);
        ((int)(await stage.Ada.Client.GetAsync("/media/71")).StatusCode).ShouldBe(503);

        await stage.App.In(async s => { foreach (var one in s.GetServices<IAtStart>()) await one.Start(default); });
        await stage.App.Drain();
        (await Use(stage)).UsedBytes.ShouldBe(cut.Length, "more than the quota, and still counted");
        var answer = await visitor.Client.GetAsync("/media/70");
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBe(cut);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        File.Exists(paths[0]).ShouldBeTrue("a backup under way may want it");
        stage.App.Time.Advance(Duration.FromHours(25));
        await stage.App.Drain();
        File.Exists(paths[0]).ShouldBeFalse();
        (await visitor.Client.GetByteArrayAsync("/media/70")).ShouldBe(cut);

        var report = await Scrub(stage);
        report.Objects.ShouldBe(1);
        report.Passed.ShouldBeFalse();
        report.Findings.Select(f => $"{f.Fault} {string.Join(',', f.Files)}").ShouldBe(["missing picture 71.png", "damaged picture 72.png"], ignoreOrder: true);
        await File.WriteAllBytesAsync(paths[2], damaged); // out of a backup
        (await Scrub(stage)).ShouldSatisfyAllConditions(r => r.Objects.ShouldBe(2), r => r.Findings.Count.ShouldBe(1));
        (await stage.Ada.Client.GetByteArrayAsync("/media/72")).ShouldBe(damaged);
        await stage.App.In(s => s.GetRequiredService<Db>().Execute("UPDATE vault_shelf SET quota_bytes = 1000000"));
        (await Pictures.Upload(stage.Ada, lost)).ShouldBe("/media/71", "uploaded again it is the same picture");
        (await Scrub(stage)).ShouldSatisfyAllConditions(r => r.Objects.ShouldBe(3), r => r.Findings.ShouldBeEmpty());
        (await stage.Count("vault_file")).ShouldBe(3);
    }

    [Theory, OnEveryEngine]
    public async Task A_picture_goes_a_month_after_the_last_text_that_named_it_and_no_sooner(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var named = new List<string>();
        for (byte i = 0; i < 7; i++) named.Add(await Pictures.Upload(stage.Ada, Pictures.PngOf(3, 3, 50, i)));
        await stage.Publishes("Shown", $"![]({named[0]})");
        await stage.Composes("/ada-makes/posts/new", "save", ("title", "Draft"), ("markdown", $"a link: [otter]({named[1]})"));
        await stage.Publishes("Revised", $"![]({named[2]})");
        var post = await stage.Scalar<long>("SELECT id FROM post WHERE title = 'Revised'");
        await stage.Composes($"/ada-makes/posts/{post}/edit", "save", ("title", "Revised"), ("markdown", "without it"),
            ("version", await stage.Scalar<long>("SELECT version FROM post WHERE title = 'Revised'")));
        (await stage.Scalar<string>("SELECT markdown FROM post WHERE title = 'Revised'")).ShouldBe("without it");
        await stage.Ada.Post("/ada-makes/posts/unsaved", ("title", "Typed"), ("markdown", $"![]({named[3]})"), ("slot", 5));
        (await stage.Count("post_unsaved")).ShouldBe(1);
        await stage.App.In(s => s.GetRequiredService<Db>().Execute("""
            INSERT INTO podcast (collection_id, campaign_id, guid, description, author, language, category, is_explicit, kind, artwork_id, is_offered, created_at)
            VALUES (9, @campaign, 'g', 'd', 'a', 'en', 'Arts', @no, 'episodic', @artwork, @no, 0)
            """, default, ("campaign", stage.Campaign.Id), ("artwork", Id(named[4])), ("no", false)));

        await Looks(stage, days: 29);
        (await stage.Count("post_image")).ShouldBe(7);
        await stage.Publishes("Late", $"![]({named[5]})"); // on the last day
        await Looks(stage, days: 4);
        (await Ids(stage)).ShouldBe(named[..6].Select(Id), "of the last nothing spoke");
        await stage.Ada.Does(await stage.App.SignInLink(stage.Ada), "main form"); // it was a month
        ((int)(await stage.Ada.Client.GetAsync(named[6])).StatusCode).ShouldBe(404);
        Files.Objects(stage.App).Length.ShouldBe(7, "a download or a backup under way");
        (await Use(stage)).UsedBytes.ShouldBe(6 * Pictures.PngOf(3, 3, 50).Length);
        stage.App.Time.Advance(Duration.FromHours(25));
        await stage.App.Drain();
        Files.Objects(stage.App).Length.ShouldBe(6);

        foreach (var id in new[] { post, await stage.Scalar<long>("SELECT id FROM post WHERE title = 'Shown'") })
            await stage.Ada.Post($"/ada-makes/posts/{id}/delete");
        await Looks(stage, days: 33);
        (await Ids(stage)).ShouldBe(new[] { named[1], named[3], named[4], named[5] }.Select(Id));
        await stage.Ada.Does(await stage.App.SignInLink(stage.Ada), "main form");
        foreach (var kept in new[] { named[1], named[3], named[4], named[5] }) (await stage.Ada.Client.GetAsync(kept)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Scrub(stage)).Findings.ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task The_vaults_own_addresses_and_forms_do_nothing_to_a_picture(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var address = await Pictures.Upload(stage.Ada, Pictures.Png);
        await stage.Publishes("Shown", $"![]({address})");
        var file = await stage.Scalar<long>("SELECT id FROM vault_file");
        var form = new MultipartFormDataContent { { new ByteArrayContent(Pictures.Gif), "file", "heron.gif" } };
        (await stage.Ada.Client.PostAsync($"/ada-makes/uploads/picture/{Id(address)}", form)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await stage.Ada.Post($"/ada-makes/uploads/files/{file}/remove")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await stage.App.Visitor().Get($"/media/{file}/otter.png")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await stage.App.Visitor().Client.GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>A picture as it was kept before the vault kept them; answers where it lies.</summary>
    private static async Task<string> Before(PostStage stage, long id, byte[] bytes)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var path = Path.Combine(stage.App.DataFolder, "files", $"{stage.Campaign.Id}", hash[..2], hash);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, bytes);
        await stage.App.In(s => s.GetRequiredService<Db>().Execute("""
            INSERT INTO post_image (id, campaign_id, uploader_id, hash, content_type, size_bytes, width_px, height_px, created_at)
            VALUES (@id, @campaign, @ada, @hash, 'image/png', @size, 300, 200, 0)
            """, default, ("id", id), ("campaign", stage.Campaign.Id), ("ada", stage.Ada.Id), ("hash", hash), ("size", (long)bytes.Length)));
        return path;
    }

    private static async Task Looks(PostStage stage, int days)
    {
        for (var day = 0; day < days; day++)
        {
            stage.App.Time.Advance(Duration.FromHours(25));
            await stage.App.In(async s =>
            {
                var looking = s.GetServices<IPrunes>().OfType<UnnamedPictures>().Single();
                while (await looking.Prune(default)) { /* the next campaign */ }
            });
        }
    }

    private static async Task<IEnumerable<long>> Ids(PostStage stage) =>
        (await Files.Column(stage.App, "SELECT id FROM post_image ORDER BY id")).Select(id => long.Parse(id, CultureInfo.InvariantCulture));

    private static long Id(string address) => long.Parse(address.Split('/')[^1], CultureInfo.InvariantCulture);

    private static Task<VaultUse> Use(PostStage stage) => stage.App.In(s => s.GetRequiredService<IVault>().UseOf(stage.Campaign.Id));

    private static Task<ScrubReport> Scrub(PostStage stage) => stage.App.In(s => s.GetRequiredService<IVaultKeeping>().Scrub(null, false));

    private static async Task<string> At(PostStage stage, string address) => Path.Combine(stage.App.DataFolder, "vault", "objects", (await stage.Scalar<string>(
        $"SELECT b.object_key FROM vault_blob b JOIN vault_file f ON f.blob_id = b.id JOIN post_image i ON i.file_id = f.id WHERE i.id = {Id(address)}"))!);

    private static async Task IsEmpty(PostStage stage)
    {
        foreach (var table in new[] { "post_image", "vault_file", "vault_blob" }) (await stage.Count(table)).ShouldBe(0, table);
        (await Use(stage)).UsedBytes.ShouldBe(0);
        Files.Objects(stage.App).ShouldBeEmpty();
        Files.Arriving(stage.App).ShouldBeEmpty();
        Directory.Exists(Path.Combine(stage.App.DataFolder, "files")).ShouldBeFalse();
    }
}
