using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Compliance.Messaging;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Stipend.Vault.Contracts;
using Stipend.Vault.Model;
using Stipend.Vault.Stores;
using Xunit;

namespace Stipend.Compliance.Stores;

/// <summary>A campaign's files between the disk and a real bucket, over the whole site.</summary>
public sealed class MovingTests
{
    [Theory, OnEveryEngine]
    public async Task Files_move_while_they_are_served_and_back_and_nothing_is_lost(Engine engine)
    {
        Assert.SkipUnless(SwiftServer.IsAvailable || SwiftServer.MustBe, SwiftServer.Missing);
        var bucket = await S3StoreCompliance.Bucket();
        await using var app = await Site(engine, bucket);
        var (campaign, paths) = await WithFiles(app, 5);
        await app.In(s => s.GetRequiredService<IVaultKeeping>().BeginMove(campaign, "s3"));
        using var client = app.Client();
        using var ended = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            var reads = 0;
            while (!ended.IsCancellationRequested && reads < 10_000)
                (await client.GetByteArrayAsync(paths[reads++ % paths.Count], CancellationToken.None)).Length.ShouldBe(50_000);
            return reads;
        });
        await app.Drain();
        await ended.CancelAsync();
        (await reading).ShouldBeGreaterThan(0);
        (await app.Column("SELECT DISTINCT store FROM vault_blob")).ShouldBe(["s3"]);
        foreach (var (path, i) in paths.Select((p, i) => (p, i))) (await client.GetByteArrayAsync(path)).ShouldBe(Bytes(i));
        using var part = new HttpRequestMessage(HttpMethod.Get, paths[1]) { Headers = { Range = new(40_000, 40_009) } };
        var ranged = await client.SendAsync(part);
        (ranged.StatusCode, await ranged.Content.ReadAsByteArrayAsync()).ShouldSatisfyAllConditions(
            a => a.StatusCode.ShouldBe(HttpStatusCode.PartialContent), a => a.Item2.ShouldBe(Bytes(1)[40_000..40_010]));

        (await WithFiles(app, 1, "later")).Paths.Count.ShouldBe(1); // another campaign stays on the disk
        (await app.Column("SELECT store FROM vault_blob ORDER BY store")).ShouldBe(["disk", "s3", "s3", "s3", "s3", "s3"]);
        app.Time.Advance(Duration.FromHours(25));
        await app.Drain();
        Directory.GetFiles(Path.Combine(app.DataFolder, "vault", "objects"), "*", SearchOption.AllDirectories).Length.ShouldBe(1);
        var scrubbed = await app.In(s => s.GetRequiredService<IVaultKeeping>().Scrub(campaign, false));
        (scrubbed.Objects, scrubbed.Findings.Count).ShouldBe((5, 0));

        await app.In(s => s.GetRequiredService<IVaultKeeping>().BeginMove(campaign, "disk"));
        (await app.In(s => s.GetRequiredService<IVaultKeeping>().MoveNow(campaign))).ShouldBe(new MoveReport(5, 0));
        await app.Drain(); // the job finds nothing left to do
        app.Time.Advance(Duration.FromHours(25));
        await app.Drain();
        foreach (var (path, i) in paths.Select((p, i) => (p, i))) (await client.GetByteArrayAsync(path)).ShouldBe(Bytes(i));
        (await Listed(app, "s3")).ShouldBe(0);
    }

    [Fact]
    public async Task A_bucket_that_goes_away_stops_the_move_loses_nothing_and_it_goes_on_when_it_is_back()
    {
        Assert.SkipUnless(SwiftServer.IsAvailable || SwiftServer.MustBe, SwiftServer.Missing);
        var bucket = await S3StoreCompliance.Bucket();
        await using var app = await Site(Engine.Sqlite, bucket);
        var (campaign, paths) = await WithFiles(app, 3);
        await S3StoreCompliance.Remove(bucket.S3Bucket);
        await app.In(s => s.GetRequiredService<IVaultKeeping>().BeginMove(campaign, "s3"));
        await app.Drain();
        (await app.Column("SELECT last_error FROM message WHERE topic = 'MoveShelf'")).Single().ShouldContain("The bucket of the file store is gone");
        using var client = app.Client();
        foreach (var (path, i) in paths.Select((p, i) => (p, i))) (await client.GetByteArrayAsync(path)).ShouldBe(Bytes(i));
        await S3StoreCompliance.Make(bucket.S3Bucket);
        app.Time.Advance(Duration.FromMinutes(5));
        await app.Drain();
        (await app.Column("SELECT DISTINCT store FROM vault_blob")).ShouldBe(["s3"]);
    }

    [Theory, OnEveryEngine]
    public async Task A_bucket_that_vanishes_with_what_was_moved_leaves_every_file_served_and_says_why(Engine engine)
    {
        Assert.SkipUnless(SwiftServer.IsAvailable || SwiftServer.MustBe, SwiftServer.Missing);
        var bucket = await S3StoreCompliance.Bucket();
        await using var app = await Site(engine, bucket);
        var (campaign, paths) = await WithFiles(app, 3);
        await app.In(s => s.GetRequiredService<IVaultKeeping>().BeginMove(campaign, "s3"));
        var first = long.Parse((await app.Column("SELECT MIN(id) FROM vault_blob")).Single(), null);
        (await app.In(s => s.GetRequiredService<Stipend.Vault.Keeping.Moving>().Move(first, "s3", CancellationToken.None))).ShouldBeTrue();
        await app.In(s => Emptied(s.GetRequiredService<ObjectStores>()["s3"]));
        await S3StoreCompliance.Remove(bucket.S3Bucket);

        await app.Drain();
        (await app.Column("SELECT store FROM vault_blob ORDER BY id")).ShouldBe(["s3", "disk", "disk"]);
        (await app.Column("SELECT last_error FROM message WHERE topic = 'MoveShelf'")).Single().ShouldContain("The bucket of the file store is gone");
        await AreServed();
        app.Time.Advance(Duration.FromHours(25));
        await app.Drain(); // what was left behind is due, and is the last there is
        (await app.Column("SELECT last_error FROM message WHERE topic = 'DeleteObject'")).Single().ShouldContain("The bucket of the file store is gone");
        await AreServed();

        await S3StoreCompliance.Make(bucket.S3Bucket); // back, and empty
        app.Time.Advance(Duration.FromHours(1));
        await app.Drain();
        (await app.Column("SELECT store FROM vault_blob ORDER BY id")).ShouldBe(["s3", "s3", "s3"]);
        (await app.Column("SELECT last_error FROM message WHERE topic = 'DeleteObject' AND last_error IS NOT NULL")).Single().ShouldContain("so this one stays and is served");
        await AreServed();
        await app.In(s => s.GetRequiredService<IVaultKeeping>().BeginMove(campaign, "disk"));
        (await app.In(s => s.GetRequiredService<IVaultKeeping>().MoveNow(campaign))).ShouldBe(new MoveReport(3, 0));
        (await app.In(s => s.GetRequiredService<IVaultKeeping>().Scrub(campaign, false))).Passed.ShouldBeTrue();
        await AreServed();

        async Task AreServed()
        {
            using var client = app.Client();
            foreach (var (path, i) in paths.Select((p, i) => (p, i))) (await client.GetByteArrayAsync(path)).ShouldBe(Bytes(i));
        }
    }

    [Fact]
    public async Task What_a_scrub_found_damaged_where_it_went_keeps_the_copy_it_came_from()
    {
        Assert.SkipUnless(SwiftServer.IsAvailable || SwiftServer.MustBe, SwiftServer.Missing);
        await using var app = await Site(Engine.Sqlite, await S3StoreCompliance.Bucket());
        var (campaign, _) = await WithFiles(app, 2);
        await app.In(s => s.GetRequiredService<IVaultKeeping>().BeginMove(campaign, "s3"));
        await app.Drain();
        await app.In(s => s.GetRequiredService<Stipend.Platform.Data.Db>().Execute(
            "UPDATE vault_blob SET damage = 'damaged' WHERE id = (SELECT MIN(id) FROM vault_blob)"));
        app.Time.Advance(Duration.FromHours(25));
        await app.Drain();
        (await app.Column("SELECT last_error FROM message WHERE topic = 'DeleteObject' AND last_error IS NOT NULL")).Single().ShouldContain("so this one stays");
        (await Listed(app, "disk")).ShouldBe(1, "the other went as ever");
    }

    private static async Task Emptied(IObjectStore store)
    {
        var keys = new List<string>();
        await foreach (var stored in store.List("", CancellationToken.None)) keys.Add(stored.Key);
        foreach (var key in keys) await store.Delete(key, CancellationToken.None);
    }

    private static Task<TestApp> Site(Engine engine, VaultOptions bucket) => TestApp.Start(engine, adjust: b =>
        b.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Stipend:Vault:S3Url"] = bucket.S3Url, ["Stipend:Vault:S3Bucket"] = bucket.S3Bucket, ["Stipend:Vault:S3Key"] = bucket.S3Key,
            ["Stipend:Vault:S3Secret"] = bucket.S3Secret,
        }));

    [Theory, OnEveryEngine]
    public async Task Pictures_in_texts_move_with_the_files_and_new_ones_follow(Engine engine)
    {
        Assert.SkipUnless(SwiftServer.IsAvailable || SwiftServer.MustBe, SwiftServer.Missing);
        await using var app = await Site(engine, await S3StoreCompliance.Bucket());
        var ada = await app.SignUp("ada");
        var campaign = (await app.HasCampaign("ada-makes", ada.Id)).Id;
        var png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
        await Sends(png);
        await app.In(s => s.GetRequiredService<IVaultKeeping>().BeginMove(campaign, "s3"));
        await Sends([.. png, 1]);
        await app.Drain();
        (await app.Column("SELECT store FROM vault_blob")).ShouldBe(["s3", "s3"]);
        app.Time.Advance(Duration.FromHours(25));
        await app.Drain();
        Directory.GetFiles(Path.Combine(app.DataFolder, "vault", "objects"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
        var shown = (await app.Column("SELECT id FROM post_image ORDER BY id")).Select(id => $"/media/{id}").ToList();
        (await ada.Client.GetByteArrayAsync(shown[0])).ShouldBe(png);
        (await ada.Client.GetByteArrayAsync(shown[1])).ShouldBe([.. png, 1]);

        async Task Sends(byte[] bytes)
        {
            using var form = new MultipartFormDataContent { { new ByteArrayContent(bytes), "picture", "otter.png" } };
            (await ada.Client.PostAsync("/ada-makes/posts/pictures", form)).StatusCode.ShouldBe(HttpStatusCode.Created);
        }
    }

    /// <summary>A campaign with an open post that has files.</summary>
    private static async Task<(long Campaign, List<string> Paths)> WithFiles(TestApp app, int files, string vanity = "ada-makes")
    {
        var ada = await app.SignUp(vanity);
        var campaign = await app.HasCampaign(vanity, ada.Id);
        return (campaign.Id, await app.In(async s =>
        {
            var post = await s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada.Id, "Open", "x", Audience.Public, false, null));
            var paths = new List<string>();
            for (var i = 0; i < files; i++)
            {
                using var content = new MemoryStream(Bytes(i));
                paths.Add((await s.GetRequiredService<IVault>().Take(campaign, ada.Id, "post", post, $"{i}.bin", content)).Path);
            }
            return paths;
        }));
    }

    private static Task<int> Listed(TestApp app, string store) => app.In(async s =>
    {
        var count = 0;
        await foreach (var _ in s.GetRequiredService<ObjectStores>()[store].List("", CancellationToken.None)) count++;
        return count;
    });

    private static byte[] Bytes(int seed) => [.. Enumerable.Range(0, 50_000).Select(i => (byte)((i * (seed + 3) + i / 251) & 0xFF))];
}
