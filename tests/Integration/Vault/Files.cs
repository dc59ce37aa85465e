using System.Buffers.Binary;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Posts;
using Stipend.Platform.Data;
using Stipend.Support;

namespace Stipend.Integration.Vault;

/// <summary>Small files of each kind, and how they are sent and asked for.</summary>
internal static class Files
{
    public static byte[] Mp3(int seed = 1, int size = 5000) => [.. "ID3\u0004\0"u8, .. Noise(seed, size)];

    public static byte[] Noise(int seed, int size)
    {
        var bytes = new byte[size];
        var next = unchecked((uint)seed * 2654435761u) | 1;
        for (var i = 0; i < size; i++) bytes[i] = (byte)((next = unchecked(next * 1664525u + 1013904223u)) >> 24);
        return bytes;
    }

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>An archive that says its files are too many to be counted in the ordinary place, and could say any number elsewhere.</summary>
    public static byte[] Uncounted()
    {
        var bytes = Bomb();
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(bytes.AsSpan().LastIndexOf("PK\u0005\u0006"u8) + 10), ushort.MaxValue);
        return bytes;
    }

    /// <summary>A small archive whose list of contents says that it unpacks to four gigabytes.</summary>
    public static byte[] Bomb()
    {
        using var packed = new MemoryStream();
        using (var archive = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = archive.CreateEntry("zeros", CompressionLevel.Fastest).Open()) entry.Write(new byte[100_000]);
        var bytes = packed.ToArray();
        bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8).ShouldBeGreaterThan(0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8) + 24), 4_000_000_000);
        return bytes;
    }

    public static Task<HttpResponseMessage> Send(Actor actor, long post, string name, byte[] bytes, bool asPage = false, string type = "application/octet-stream")
    {
        var file = new ByteArrayContent(bytes);
        file.Headers.ContentType = new MediaTypeHeaderValue(type);
        file.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"file\"; filename=\"x\"; filename*=UTF-8''{Uri.EscapeDataString(name)}");
        var request = new HttpRequestMessage(HttpMethod.Post, $"/ada-makes/uploads/post/{post}") { Content = new MultipartFormDataContent { file } };
        request.Headers.Accept.ParseAdd(asPage ? "text/html" : "application/json");
        return actor.Client.SendAsync(request);
    }

    /// <summary>Puts a file to a post; answers its address.</summary>
    public static async Task<string> Upload(Actor actor, long post, string name, byte[] bytes)
    {
        var answer = await Send(actor, post, name, bytes);
        var body = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(201, body);
        return JsonDocument.Parse(body).RootElement[0].GetProperty("url").GetString()!;
    }

    public static async Task<HttpResponseMessage> Ask(Actor actor, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await actor.Client.SendAsync(request);
    }

    /// <summary>The sentence of a refusal and its status.</summary>
    public static async Task<(int Status, string Says)> Refused(Task<HttpResponseMessage> sent)
    {
        var answer = await sent;
        var body = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, body.StartsWith('{') ? JsonDocument.Parse(body).RootElement.GetProperty("title").GetString()! : body);
    }

    public static Task EndGrant(PostStage stage, long cause) => stage.App.In(s =>
        s.GetRequiredService<IGrants>().End(stage.Campaign.BookId, "test", cause, stage.App.Time.Now, "Your card was declined."));

    /// <summary>The first column of a query.</summary>
    public static Task<List<string>> Column(TestApp app, string sql) => app.In(async services =>
    {
        await using var command = await services.GetRequiredService<Db>().Command(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<string>();
        while (await reader.ReadAsync()) found.Add(reader.GetValue(0).ToString()!);
        return found;
    });

    public static string[] Objects(TestApp app) => Directory.Exists(Folder(app, "objects")) ? Directory.GetFiles(Folder(app, "objects"), "*", SearchOption.AllDirectories) : [];
    public static string[] Arriving(TestApp app) => Directory.Exists(Folder(app, "incoming")) ? Directory.GetFiles(Folder(app, "incoming")) : [];

    private static string Folder(TestApp app, string name) => Path.Combine(app.DataFolder, "vault", name);
}
