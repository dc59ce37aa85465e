using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text.Json;
using Shouldly;
using Stipend.Support;

namespace Stipend.Integration.Posts;

/// <summary>Small pictures and how they are sent.</summary>
internal static class Pictures
{
    public static byte[] Png =>
        Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
    public static byte[] Gif => Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

    /// <summary>A JPEG with a preview of itself before the scan, as cameras make them, of some hundred bytes.</summary>
    public static byte[] Jpeg
    {
        get
        {
            byte[] preview = [0xFF, 0xD8, 0xFF, 0xDB, 0, 3, 0, 0xFF, 0xD9];
            return [0xFF, 0xD8, 0xFF, 0xE1, 0, (byte)(preview.Length + 2), .. preview, 0xFF, 0xC0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0,
                0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, .. Enumerable.Range(0, 600).Select(i => (byte)(i % 250)), 0xFF, 0xD9];
        }
    }

    /// <summary>A whole PNG of so many pixels, with so many bytes of them.</summary>
    public static byte[] PngOf(int width, int height, int dataBytes, byte seed = 0)
    {
        using var made = new MemoryStream();
        made.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        (head[8], head[9]) = (8, 2);
        Chunk("IHDR"u8, head);
        Chunk("IDAT"u8, [.. Enumerable.Range(0, dataBytes).Select(i => (byte)((i * 7 + seed) % 251))]);
        Chunk("IEND"u8, []);
        return made.ToArray();

        void Chunk(ReadOnlySpan<byte> type, byte[] content)
        {
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
            made.Write(length);
            made.Write(type);
            made.Write(content);
            made.Write(new byte[4]);
        }
    }

    /// <summary>The address of an uploaded picture.</summary>
    public static async Task<string> Upload(Actor actor, byte[] bytes)
    {
        var answer = await Send(actor, bytes, name: bytes[0] switch { (byte)'G' => "otter.gif", 0xFF => "otter.jpg", _ => "otter.png" });
        var body = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(201, body);
        return JsonDocument.Parse(body).RootElement.GetProperty("url").GetString()!;
    }

    public static Task<HttpResponseMessage> Send(Actor actor, byte[] bytes, string type = "image/png", string name = "otter.png")
    {
        var file = new ByteArrayContent(bytes);
        file.Headers.ContentType = new MediaTypeHeaderValue(type);
        var request = new HttpRequestMessage(HttpMethod.Post, "/ada-makes/posts/pictures") { Content = new MultipartFormDataContent { { file, "picture", name } } };
        request.Headers.Accept.ParseAdd("application/json");
        return actor.Client.SendAsync(request);
    }
}
