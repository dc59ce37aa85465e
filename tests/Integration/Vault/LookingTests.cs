using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Integration.Posts;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.Vault.Contracts;
using Stipend.Vault.Stores;
using Xunit;

namespace Stipend.Integration.Vault;

/// <summary>What ffprobe and vipsthumbnail add where they are, and that nothing is missed where they are not.</summary>
public sealed class LookingTests
{
    [Theory, OnEveryEngine]
    public async Task Lengths_and_small_pictures_are_made_where_the_programs_are_and_the_original_is_shown_where_not(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var post = await stage.Publishes("Open", "x");
        await Files.Upload(stage.Ada, post, "two seconds.wav", Wav(seconds: 2));
        var broken = Wav(seconds: 1);
        broken[12] = (byte)'?';
        await Files.Upload(stage.Ada, post, "broken.wav", broken); // its frame is sound, its contents are not
        var picture = Png(1000, 800);
        var path = await Files.Upload(stage.Ada, post, "noise.png", picture);
        await stage.App.Drain();

        (await stage.Scalar<long>("SELECT duration_ms FROM vault_file WHERE name = 'two seconds.wav'")).ShouldBe(Has("ffprobe") ? 2000 : 0);
        (await stage.Scalar<long>("SELECT duration_ms FROM vault_file WHERE name = 'broken.wav'")).ShouldBe(0);
        (await stage.App.Visitor().Open($"/ada-makes/posts/{post}")).Find(".file-player")!.TextContent.Contains("0:02 ·", StringComparison.Ordinal).ShouldBe(Has("ffprobe"));
        var small = await Files.Ask(stage.App.Visitor(), path + "?small");
        small.StatusCode.ShouldBe(HttpStatusCode.OK);
        small.Content.Headers.ContentType!.MediaType.ShouldBe(Has("vipsthumbnail") ? "image/webp" : "image/png");
        var bytes = await small.Content.ReadAsByteArrayAsync();
        if (Has("vipsthumbnail")) bytes.Length.ShouldBeLessThan(picture.Length / 2);
        else bytes.ShouldBe(picture);
        (await (await Files.Ask(stage.App.Visitor(), path)).Content.ReadAsByteArrayAsync()).ShouldBe(picture);
        (await stage.Count("message WHERE status = 'parked'")).ShouldBe(0);

        await stage.Ada.Post($"/ada-makes/posts/{post}/delete");
        await stage.App.TravelTo("2026-01-20");
        Files.Objects(stage.App).ShouldBeEmpty(); // the small ones too
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
