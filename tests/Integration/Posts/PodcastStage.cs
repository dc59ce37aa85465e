using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Xml.Linq;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Vault;
using Stipend.Platform.Data;
using Stipend.Support;

namespace Stipend.Integration.Posts;

/// <summary>Ada with podcasts: collections made into shows by the form, episodes with recordings, and how an app reads them.</summary>
internal sealed class PodcastStage(PostStage stage) : IAsyncDisposable
{
    public static readonly XNamespace Itunes = "http://www.itunes.com/dtds/podcast-1.0.dtd";
    public static readonly XNamespace Namespace = "https://podcastindex.org/namespace/1.0";

    private int _recordings;

    public PostStage Stage { get; } = stage;
    public TestApp App => Stage.App;
    public Actor Ada => Stage.Ada;
    public Actor Reader { get; } = stage.App.Visitor(); // an app: it has an address and no cookie

    public static async Task<PodcastStage> Start(Engine engine) => new(await PostStage.Start(engine));

    /// <summary>A collection made a podcast; answers its id.</summary>
    public async Task<long> Podcast(string title, params (string Name, object? Value)[] fields)
    {
        var slug = (await Ada.Post("/ada-makes/collections/new", ("title", title), ("description", "Rides."))).Location!.Split('/')[3];
        (await Offer(slug, fields)).Status.ShouldBe(HttpStatusCode.SeeOther);
        return await Stage.Scalar<long>("SELECT id FROM post_collection WHERE slug = @slug", ("slug", slug));
    }

    public async Task<Page> Offer(string slug, params (string Name, object? Value)[] fields) => await Ada.Submit(
        await Ada.Open($"/ada-makes/collections/{slug}/podcast"), $"form[action$='/{slug}/podcast']", [("category", "Arts/Books"), .. fields]);

    /// <summary>A post with a recording at the end of a collection; answers its id and the recording's address.</summary>
    public async Task<(long Post, string File)> Episode(string slug, string title, Audience? audience = null, string text = "Notes.", string name = "ride.mp3")
    {
        App.Time.Advance(NodaTime.Duration.FromMinutes(1));
        var post = await Stage.Publishes(title, text, audience);
        var file = name.Length == 0 ? "" : await Files.Upload(Ada, post, name, Files.Mp3(++_recordings, 3000));
        (await Ada.Post($"/ada-makes/collections/{slug}/posts", ("action", "add"), ("post", post))).Status.ShouldBe(HttpStatusCode.SeeOther);
        return (post, file);
    }

    public async Task<XDocument> Feed(string path) => XDocument.Parse((await Reader.Open(path)).Body);

    public static List<string> Titles(XDocument feed) => feed.Descendants("item").Select(i => i.Element("title")!.Value).ToList();

    public static List<string> Each(XDocument feed, XName name) => feed.Descendants("item").Select(i => i.Element(name)?.Value ?? "").ToList();

    /// <summary>Sends the form with a picture of some size, of which only the beginning is real.</summary>
    public async Task<Page> SendArtwork(string slug, byte[] bytes, string type = "image/png")
    {
        using var content = new MultipartFormDataContent();
        var (action, fields) = (await Ada.Open($"/ada-makes/collections/{slug}/podcast")).Form($"form[action$='/{slug}/podcast']");
        foreach (var (name, value) in fields) content.Add(new StringContent(value), name);
        content.Add(new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(type) } }, "picture", "art.png");
        return await Page.Of(await Ada.Client.PostAsync(action, content));
    }

    public static byte[] Png(int width, int height)
    {
        var bytes = new byte[64];
        ((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]).CopyTo(bytes);
        "IHDR"u8.CopyTo(bytes.AsSpan(12));
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(20), height);
        "IEND"u8.CopyTo(bytes.AsSpan(37)); // right behind the head
        return bytes;
    }

    public ValueTask DisposeAsync() => Stage.DisposeAsync();
}
