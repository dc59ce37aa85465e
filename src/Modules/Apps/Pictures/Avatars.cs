using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Platform.Http;

namespace Stipend.Apps.Pictures;

/// <summary>
/// A picture for people and campaigns that have none: a plain square in a colour of their own. Clients download it and look at its type, so
/// it has to be a real one. It is made from the id alone and tells nothing, not even whether the id is anybody's.
/// </summary>
internal static class Avatars
{
    private static readonly uint[] s_crc = Table();

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/avatars/{id:long}/{size:int}.png", Show).AllowAnyone();

    private static IResult Show(long id, int size, HttpContext http)
    {
        if (size is not (100 or 400)) throw Refusal.NotFound("picture");
        http.Response.Headers.CacheControl = "public, max-age=86400";
        return Results.Bytes(Square(id, size), "image/png");
    }

    /// <summary>A PNG of one colour.</summary>
    internal static byte[] Square(long id, int size)
    {
        var mixed = unchecked((ulong)id * 0x9E37_79B9_7F4A_7C15UL);
        using var rows = new MemoryStream();
        using (var packed = new ZLibStream(rows, CompressionLevel.Optimal, leaveOpen: true))
        {
            var row = new byte[1 + size * 3]; // a filter byte, then red, green and blue
            for (var x = 0; x < size * 3; x++) row[1 + x] = (byte)(64 + (mixed >> (56 - x % 3 * 8) & 0x7F));
            for (var y = 0; y < size; y++) packed.Write(row);
        }
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, size);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), size);
        (head[8], head[9]) = (8, 2); // eight bits per channel, true colour
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Chunk(png, "IHDR"u8, head);
        Chunk(png, "IDAT"u8, rows.ToArray());
        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void Chunk(MemoryStream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(type);
        png.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(data, Crc(type, uint.MaxValue)));
        png.Write(number);
    }

    private static uint Crc(ReadOnlySpan<byte> data, uint crc)
    {
        foreach (var one in data) crc = s_crc[(crc ^ one) & 0xFF] ^ (crc >> 8);
        return crc;
    }

    private static uint[] Table()
    {
        var table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            var c = n;
            for (var k = 0; k < 8; k++) c = (c & 1) != 0 ? 0xEDB8_8320 ^ (c >> 1) : c >> 1;
            table[n] = c;
        }
        return table;
    }
}
