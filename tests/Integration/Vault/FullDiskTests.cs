using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Integration.Posts;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.Vault.Taking;
using Xunit;

namespace Stipend.Integration.Vault;

/// <summary>A disk without room, at the beginning of an upload and in the middle of one.</summary>
public sealed class FullDiskTests
{
    [Theory, OnEveryEngine]
    public async Task What_does_not_fit_is_refused_before_it_is_sent(Engine engine)
    {
        await using var stage = await Stage(engine);
        var (disk, post) = (Disk(stage), await stage.Publishes("One", "x"));
        disk.Free = 2_000_000;
        disk.Total = 20_000_000; // of which a million stays free
        var refused = await Tus.Begin(stage.Ada, post, 1_000_001, ("filename", "song.mp3"));
        (refused.StatusCode, (await Files.Refused(Task.FromResult(refused))).Says).ShouldBe((HttpStatusCode.InsufficientStorage,
            "The disk of this site has no room for these 1 MB, so nothing was taken. Ask the operator to make room, then send the file again."));
        (await stage.Count("vault_upload")).ShouldBe(0);
        (await Files.Refused(Files.Send(stage.Ada, post, "song.mp3", Files.Mp3(1, 1_100_000)))).Status.ShouldBe(507);
        Files.Arriving(stage.App).ShouldBeEmpty();
        (await Tus.Begin(stage.Ada, post, 1_000_000, ("filename", "song.mp3"))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory, OnEveryEngine]
    public async Task A_disk_that_fills_up_keeps_what_could_be_written_down_and_the_upload_goes_on(Engine engine)
    {
        await using var stage = await Stage(engine);
        var (disk, post, bytes) = (Disk(stage), await stage.Publishes("One", "x"), Files.Mp3(5, 1_000_000));
        var at = await Tus.Create(stage.Ada, post, bytes.Length, ("filename", "song.mp3"));
        disk.Free = 900_000;
        disk.Total = 0;
        disk.IsEatenBy = 262_144; // each piece that is written
        var full = await Files.Refused(Tus.Patch(stage.Ada, at, 0, bytes));
        full.ShouldBe((507, "The disk of this site is full, so only the first 524 KB of 1 MB are kept. Once the operator has made room, the upload goes on from there."));
        (await Tus.Status(stage.Ada, at)).ShouldBe("524288");
        disk.Free = long.MaxValue / 2;
        (await Tus.Patch(stage.Ada, at, 524_288, bytes[524_288..])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await IsWhole(stage, bytes);
    }

    [Theory, OnEveryEngine]
    public async Task A_write_that_fails_gives_its_room_back_and_loses_nothing_that_was_confirmed(Engine engine)
    {
        await using var stage = await Stage(engine);
        var (disk, post, bytes) = (Disk(stage), await stage.Publishes("One", "x"), Files.Mp3(5, 1_000_000));
        var at = await Tus.Create(stage.Ada, post, bytes.Length, ("filename", "song.mp3"));
        (await Tus.Patch(stage.Ada, at, 0, bytes[..300_000])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        disk.EndsAt = 900_000;
        foreach (var header in new (string, string)?[] { null, ("Upload-Checksum", "sha256 AAAA") })
        {
            var full = await Files.Refused(Tus.Patch(stage.Ada, at, 300_000, bytes[300_000..], header));
            full.ShouldSatisfyAllConditions(f => f.Status.ShouldBe(507), f => f.Says.ShouldContain("only the first 300 KB of 1 MB are kept"));
            new FileInfo(Files.Arriving(stage.App).Single()).Length.ShouldBe(300_000); // the disk has its room back
            (await Tus.Status(stage.Ada, at)).ShouldBe("300000");
        }
        (await Tus.Send(stage.Ada, HttpMethod.Post, $"/ada-makes/uploads/post/{post}", bytes, ("Upload-Length", $"{bytes.Length}"))).StatusCode
            .ShouldBe(HttpStatusCode.InsufficientStorage);
        (await stage.Count("vault_upload")).ShouldBe(1); // one whose address nobody was told is forgotten
        disk.EndsAt = long.MaxValue;
        (await Tus.Patch(stage.Ada, at, 300_000, bytes[300_000..])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await IsWhole(stage, bytes);
    }

    private static async Task IsWhole(PostStage stage, byte[] bytes)
    {
        var file = (await Files.Column(stage.App, "SELECT id FROM vault_file")).Single();
        (await (await Files.Ask(stage.Ada, $"/media/{file}/song.mp3")).Content.ReadAsByteArrayAsync()).ShouldBe(bytes);
        Files.Arriving(stage.App).ShouldBeEmpty();
    }

    private static Task<PostStage> Stage(Engine engine) => PostStage.Start(engine, adjust: b => b.Services.AddSingleton<IncomingDisk, SmallDisk>());

    private static SmallDisk Disk(PostStage stage) => (SmallDisk)stage.App.Services.GetRequiredService<IncomingDisk>();

    private sealed class SmallDisk(DataOptions data) : IncomingDisk(data)
    {
        public long Free { get; set; } = long.MaxValue / 2;
        public long Total { get; set; }

        /// <summary>What is no longer free after each question.</summary>
        public long IsEatenBy { get; set; }

        /// <summary>Where a file can get no longer.</summary>
        public long EndsAt { get; set; } = long.MaxValue;

        protected override (long Free, long Total) Space => (Free -= IsEatenBy, Total);

        public override FileStream Open(string path) => new Ending(path, this);

        /// <summary>As Linux has it: what still fits is written, then there is no space left.</summary>
        private sealed class Ending(string path, SmallDisk disk) : FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 0)
        {
            public override void Write(byte[] buffer, int offset, int count)
            {
                var fits = (int)Math.Clamp(disk.EndsAt - Position, 0, count);
                base.Write(buffer, offset, fits);
                if (fits < count) throw new IOException("No space left on device", 28);
            }
        }
    }
}
