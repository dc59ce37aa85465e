using System.Text.Encodings.Web;
using System.Text.Json;
using Stipend.Platform.Ui;

namespace Stipend.Posts.Feeds;

/// <summary>A feed as JSON Feed 1.1.</summary>
internal static class JsonFeed
{
    public const string ContentType = "application/feed+json; charset=utf-8";

    /// <inheritdoc cref="RssFeed.Write"/>
    public static byte[] Write(FeedContent feed, string root, Localizer l)
    {
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            var head = FeedHead.Of(feed, root, l);
            json.WriteStartObject();
            json.WriteString("version", "https://jsonfeed.org/version/1.1");
            json.WriteString("title", head.Title);
            json.WriteString("home_page_url", head.Link);
            if (head.Self is { } self) json.WriteString("feed_url", self + ".json");
            if (head.Description.Length > 0) json.WriteString("description", head.Description);
            if (feed.Podcast is not null && head.Image is { } icon) json.WriteString("icon", icon);
            json.WriteString("language", head.Language);
            json.WriteStartArray("authors");
            json.WriteStartObject();
            json.WriteString("name", feed.Podcast?.Facts.Author ?? head.Title);
            json.WriteString("url", $"{root}/{feed.Reader.Campaign.Vanity}");
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartArray("items");
            foreach (var item in feed.Items) Item(json, item, root, l);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return output.ToArray();
    }

    private static void Item(Utf8JsonWriter json, FeedItem item, string root, Localizer l)
    {
        json.WriteStartObject();
        json.WriteString("id", FeedWords.GuidOf(item));
        json.WriteString("url", root + item.Path);
        json.WriteString("title", item.Title);
        json.WriteString("content_html", item.IsOpen ? item.Html! : FeedWords.Closed(item, root + item.Path, l));
        if (item.Teaser.Length > 0) json.WriteString("summary", item.Teaser);
        json.WriteString("date_published", RssFeed.Rfc3339(item.PublishedAt));
        if (item.EditedAt is { } edited) json.WriteString("date_modified", RssFeed.Rfc3339(edited));
        if (item.Enclosures.Count > 0)
        {
            json.WriteStartArray("attachments");
            foreach (var file in item.Enclosures)
            {
                json.WriteStartObject();
                json.WriteString("url", root + file.Path);
                json.WriteString("mime_type", file.ContentType);
                if (file.Title is not null) json.WriteString("title", file.Title);
                json.WriteNumber("size_in_bytes", file.SizeBytes);
                if (file.Length is { } length) json.WriteNumber("duration_in_seconds", (long)length.TotalSeconds);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}
