using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Integration.Posts;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.Vault.Contracts;
using Stipend.Vault.Looking;
using Stipend.Vault.Stores;
using Xunit;

namespace Stipend.Integration.Vault;

/// <summary>What ffprobe and vipsthumbnail add where they are, and that nothing is missed where they are not.</summary>
public sealed class LookingTests
{
    [Theory, OnEveryEngine]
    public async Task Lengths_and_small_pictures_are_made(Engine engine)
    {
        Needs("ffprobe", "vipsthumbnail");
        await using var stage = await PostStage.Start(engine);
        var (post, picture) = (await stage.Publishes("Open", "x"), Png(1000, 800));
        var path = await Added(stage, post, picture);

        (await stage.Scalar<long>("SELECT duration_ms FROM vault_file WHERE name = 'two seconds.wav'")).ShouldBe(2000);
        (await stage.Scalar<long>("SELECT duration_ms FROM vault_file WHERE name = 'broken.wav'")).ShouldBe(0);
        (await stage.App.Visitor().Open($"/ada-makes/posts/{post}")).Find(".file-player")!.TextContent.ShouldContain("0:02 ·");
        var small = await Files.Ask(stage.App.Visitor(), path + "?small");
        small.Content.Headers.ContentType!.MediaType.ShouldBe("image/webp");
        var bytes = await small.Content.ReadAsByteArrayAsync();
        bytes.Length.ShouldBeLessThan(picture.Length / 2);
        PictureHead.Read(bytes).ShouldBe(new PictureHead("image/webp", 640, 512));
        (await (await Files.Ask(stage.App.Visitor(), path)).Content.ReadAsByteArrayAsync()).ShouldBe(picture);
        (await stage.Count("message WHERE status = 'parked'")).ShouldBe(0);

        await stage.Ada.Post($"/ada-makes/posts/{post}/delete");
        await stage.App.TravelTo("2026-01-20");
        Files.Objects(stage.App).ShouldBeEmpty(); // the small ones too
    }

    [Fact]
    public async Task Without_the_programs_the_original_is_shown_and_no_length()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite, adjust: b => b.Services.AddSingleton(new Tools("/nowhere:/usr/nowhere")));
        var (post, picture) = (await stage.Publishes("Open", "x"), Png(1000, 800));
        var path = await Added(stage, post, picture);
        (await stage.Scalar<long>("SELECT duration_ms FROM vault_file WHERE name = 'two seconds.wav'")).ShouldBe(0);
        (await stage.App.Visitor().Open($"/ada-makes/posts/{post}")).Find(".file-player audio").ShouldNotBeNull();
        var small = await Files.Ask(stage.App.Visitor(), path + "?small");
        small.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        (await small.Content.ReadAsByteArrayAsync()).ShouldBe(picture);
        (await stage.Count("message WHERE status = 'parked'")).ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task Chapters_of_a_recording_are_found_and_those_of_the_same_bytes_are_the_same(Engine engine)
    {
        Needs("ffmpeg", "ffprobe");
        await using var stage = await PostStage.Start(engine);
        var (post, recording) = (await stage.Publishes("Open", "x"), await WithChapters(stage.App.DataFolder));
        await Files.Upload(stage.Ada, post, "episode.mp3", recording);
        await stage.App.Drain();
        await Files.Upload(stage.Ada, post, "again.mp3", recording);
        await stage.App.Drain();
        foreach (var file in await stage.App.In(s => s.GetRequiredService<IVault>().FilesOf("post", post)))
        {
            file.Chapters.ShouldBe([new Chapter(0, "Anfang"), new Chapter(1500, "Über Größe")], file.Name);
            file.DurationMs!.Value.ShouldBeInRange(3000, 3100, file.Name); // whole frames
        }
        (await stage.App.Visitor().Open($"/ada-makes/posts/{post}")).Texts(".file-chapters a").ShouldBe(["0:00", "0:01", "0:00", "0:01"]);
    }

    /// <summary>Three seconds of a tone, in two chapters.</summary>
    private static async Task<byte[]> WithChapters(string folder)
    {
        var (words, made) = (Path.Combine(folder, "chapters.txt"), Path.Combine(folder, "made.mp3"));
        await File.WriteAllTextAsync(words, """
            ;FFMETADATA1
            [CHAPTER]
            TIMEBASE=1/1000
            START=0
            END=1500
            title=Anfang
            [CHAPTER]
            TIMEBASE=1/1000
            START=1500
            END=3000
            title=Über Größe

            """);
        using var process = Process.Start("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=3", "-i", words, "-map_metadata", "1",
            "-ac", "1", "-b:a", "32k", made]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0);
        return await File.ReadAllBytesAsync(made);
    }

    private static async Task<string> Added(PostStage stage, long post, byte[] picture)
    {
        await Files.Upload(stage.Ada, post, "two seconds.wav", Wav(seconds: 2));
        var broken = Wav(seconds: 1);
        broken[12] = (byte)'?';
        await Files.Upload(stage.Ada, post, "broken.wav", broken); // its frame is sound, its contents are not
        var path = await Files.Upload(stage.Ada, post, "noise.png", picture);
        await stage.App.Drain();
        return path;
    }

    [Theory, OnEveryEngine]
    public async Task Bytes_that_were_moved_before_their_turn_are_looked_at_all_the_same(Engine engine)
    {
        Needs("ffprobe", "vipsthumbnail");
        var elsewhere = new Elsewhere();
        await using var stage = await PostStage.Start(engine, adjust: b =>
        {
            b.Configuration["Stipend:Vault:Store"] = elsewhere.Name;
            b.Services.AddSingleton(s => new ObjectStores([s.GetRequiredService<DiskStore>(), elsewhere]));
        });
        var post = await stage.Publishes("Open", "x");
        await Files.Upload(stage.Ada, post, "first.wav", Wav(seconds: 2));
        var picture = Png(1000, 800);
        var path = await Files.Upload(stage.Ada, post, "noise.png", picture);
        (await stage.App.In(s => s.GetRequiredService<IVaultKeeping>().MoveNow(stage.Campaign.Id))).ShouldBe(new MoveReport(2, 0));
        foreach (var file in Files.Objects(stage.App)) File.Delete(file); // as a day later
        await stage.App.Drain();
        (await Duration("first.wav")).ShouldBe(2000);
        (await Files.Ask(stage.App.Visitor(), path + "?small")).Content.Headers.ContentType!.MediaType.ShouldBe("image/webp");
        Files.Arriving(stage.App).ShouldBeEmpty();

        elsewhere.IsAway = true;
        await Files.Upload(stage.Ada, post, "the same.wav", Wav(seconds: 2));
        await stage.App.Drain();
        (await Duration("the same.wav")).ShouldBe(2000); // nobody had to fetch it

        Task<long> Duration(string name) => stage.Scalar<long>($"SELECT duration_ms FROM vault_file WHERE name = '{name}'");
    }

    /// <summary>Skips where a program is missing; in CI nothing may be.</summary>
    private static void Needs(params string[] programs)
    {
        foreach (var program in programs)
            Assert.SkipUnless(Has(program) || Environment.GetEnvironmentVariable("CI") == "true", $"{program} is not on this machine: apt-get install ffmpeg libvips-tools.");
    }

    private static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(f => File.Exists(Path.Combine(f, program)));

    private static byte[] Wav(int seconds)
    {
        var data = seconds * 16_000;
        var bytes = new byte[44 + data];
        "RIFF"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), 36 + data);
        "WAVEfmt "u8.CopyTo(bytes.AsSpan(8));
        foreach (var (at, value) in new[] { (16, 16), (24, 8000), (28, 16_000), (40, data) }) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
        foreach (var (at, value) in new[] { (20, 1), (22, 1), (32, 2), (34, 16) }) BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(at), (short)value);
        "data"u8.CopyTo(bytes.AsSpan(36));
        return bytes;
    }

    /// <summary>Grey noise, which packs badly.</summary>
    private static byte[] Png(int width, int height)
    {
        using var rows = new MemoryStream();
        using (var packed = new ZLibStream(rows, CompressionLevel.Fastest, leaveOpen: true))
            for (var y = 0; y < height; y++) packed.Write([0, .. Files.Noise(y + 1, width)]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;
        return [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, rows.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
