using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Shouldly;
using Stipend.Support;

namespace Stipend.Integration.Vault;

/// <summary>A client of the resumable protocol, word by word.</summary>
internal static class Tus
{
    public static (string, string) Name(string name) => ("Upload-Metadata", $"filename {Convert.ToBase64String(Encoding.UTF8.GetBytes(name))}");

    /// <summary>Begins an upload; answers its address.</summary>
    public static async Task<string> Create(Actor actor, long post, long length, params (string Key, string Value)[] metadata)
    {
        var answer = await Begin(actor, post, length, metadata);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!.OriginalString;
    }

    public static Task<HttpResponseMessage> Begin(Actor actor, long post, long length, params (string Key, string Value)[] metadata) =>
        Send(actor, HttpMethod.Post, $"/ada-makes/uploads/post/{post}", ("Upload-Length", $"{length}"),
            ("Upload-Metadata", string.Join(',', metadata.Select(m => $"{m.Key} {Convert.ToBase64String(Encoding.UTF8.GetBytes(m.Value))}"))));

    public static Task<HttpResponseMessage> Patch(Actor actor, string at, long offset, byte[] bytes, (string, string)? header = null, Stream? broken = null,
        string type = "application/offset+octet-stream")
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, at)
        {
            Content = broken is not null ? new StreamContent(broken) : new ByteArrayContent(bytes),
        };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Offset", $"{offset}");
        request.Headers.Accept.ParseAdd("application/json");
        if (header is var (name, value)) request.Headers.Add(name, value);
        return actor.Client.SendAsync(request);
    }

    public static Task<HttpResponseMessage> Head(Actor actor, string at) => Send(actor, HttpMethod.Head, at);

    public static async Task<string> Status(Actor actor, string at) => Header(await Head(actor, at), "Upload-Offset");

    public static string Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? values.Single() : "";

    public static Task<HttpResponseMessage> Send(Actor actor, HttpMethod method, string path, params (string Name, string Value)[] headers) =>
        Send(actor, method, path, null, headers);

    public static Task<HttpResponseMessage> Send(Actor actor, HttpMethod method, string path, byte[]? body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/offset+octet-stream") } };
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Accept.ParseAdd("application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return actor.Client.SendAsync(request);
    }
}
