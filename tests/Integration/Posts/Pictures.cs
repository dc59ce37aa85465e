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

    /// <summary>The address of an uploaded picture.</summary>
    public static async Task<string> Upload(Actor actor, byte[] bytes)
    {
        var answer = await Send(actor, bytes);
        var body = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(201, body);
        return JsonDocument.Parse(body).RootElement.GetProperty("url").GetString()!;
    }

    public static Task<HttpResponseMessage> Send(Actor actor, byte[] bytes, string type = "image/png", string name = "otter.png")
    {
        var file = new ByteArrayContent(bytes);
        file.Headers.ContentType = new MediaTypeHeaderValue(type);
        return actor.Client.PostAsync("/ada-makes/posts/pictures", new MultipartFormDataContent { { file, "picture", name } });
    }
}
