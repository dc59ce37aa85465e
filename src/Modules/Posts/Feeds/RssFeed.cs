using System.Globalization;
using System.Text;
using System.Xml;
using Stipend.Platform.Ui;

namespace Stipend.Posts.Feeds;

/// <summary>A feed as RSS 2.0 with whole texts; the tags of podcast players only where there is something to play.</summary>
internal static class RssFeed
{
    public const string ContentType = "application/rss+xml; charset=utf-8";
    private const string Content = "http://purl.org/rss/1.0/modules/content/";
    private const int MostInDescription = 4000; // of podcast apps, some of which look nowhere else
    private const string Atom = "http://www.w3.org/2005/Atom";

    /// <param name="feed">With its texts.</param>
    /// <param name="root">The site's address, without a trailing slash.</param>
    /// <param name="l">The reader's language.</param>
    public static byte[] Write(FeedContent feed, string root, Localizer l)
    {
        using var output = new MemoryStream();
        using (var xml = XmlWriter.Create(output, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true }))
        {
            var head = FeedHead.Of(feed, root, l);
            var plays = feed.Podcast is not null || feed.Items.Any(i => i.Enclosures.Count > 0);
            xml.WriteStartElement("rss");
            xml.WriteAttributeString("version", "2.0");
            xml.WriteAttributeString("xmlns", "content", null, Content);
            xml.WriteAttributeString("xmlns", "atom", null, Atom);
            if (plays)
            {
                xml.WriteAttributeString("xmlns", "itunes", null, PodcastTags.Itunes);
                xml.WriteAttributeString("xmlns", "podcast", null, PodcastTags.Namespace);
            }
            xml.WriteStartElement("channel");
            Text(xml, "title", head.Title);
            Text(xml, "link", head.Link);
            Text(xml, "description", head.Description.Length > 0 ? head.Description : head.Title);
            Text(xml, "language", head.Language);
            Text(xml, "lastBuildDate", Rfc822(feed.ChangedAt));
            Text(xml, "ttl", "30");
            if (head.Self is { } self) SelfLink(xml, self + ".xml");
            if (head.Image is { } image) Image(xml, head.Title, head.Link, image, plays);
            if (plays) PodcastTags.Author(xml, feed.Podcast?.Facts.Author ?? head.Title, feed.Reader.Token is not null);
            if (feed.Podcast is { } podcast) PodcastTags.Channel(xml, podcast);
            foreach (var item in feed.Items) Item(xml, item, feed, root, l);
        }
        return output.ToArray();
    }

    private static void Item(XmlWriter xml, FeedItem item, FeedContent feed, string root, Localizer l)
    {
        xml.WriteStartElement("item");
        Text(xml, "title", item.Title);
        Text(xml, "link", root + item.Path);
        xml.WriteStartElement("guid");
        xml.WriteAttributeString("isPermaLink", "false");
        xml.WriteString(FeedWords.GuidOf(item));
        xml.WriteEndElement();
        Text(xml, "pubDate", Rfc822(item.PublishedAt));
        if (item.EditedAt is { } edited) xml.WriteElementString("updated", Atom, Rfc3339(edited));
        if (!item.IsOpen && item.Html is null) Text(xml, "description", FeedWords.Closed(item, root + item.Path, l));
        else
        {
            if (item.Teaser.Length > 0) Text(xml, "description", item.Teaser);
            else if (item is { Place: not null, Html: { Length: > 0 and <= MostInDescription } notes }) Text(xml, "description", notes);
            if (item.Html is not "") xml.WriteElementString("encoded", Content, FeedWords.Xml(item.IsOpen ? item.Html! : FeedWords.Closed(item, root + item.Path, l)));
        }
        if (item.Enclosures.Count > 0 && item.Enclosures[0] is var file)
        {
            xml.WriteStartElement("enclosure");
            xml.WriteAttributeString("url", root + file.Path);
            xml.WriteAttributeString("length", file.SizeBytes.ToString(CultureInfo.InvariantCulture));
            xml.WriteAttributeString("type", file.ContentType);
            xml.WriteEndElement();
            if (file.Length is { } length)
                xml.WriteElementString("duration", PodcastTags.Itunes, ((long)length.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        }
        if (item.Place is not null) PodcastTags.Episode(xml, item, ServePodcast.ChaptersPath(feed, item) is { } chapters ? root + chapters : null);
        xml.WriteEndElement();
    }

    private static void Image(XmlWriter xml, string title, string link, string url, bool plays)
    {
        xml.WriteStartElement("image");
        Text(xml, "url", url);
        Text(xml, "title", title);
        Text(xml, "link", link);
        xml.WriteEndElement();
        if (!plays) return;
        xml.WriteStartElement("image", PodcastTags.Itunes);
        xml.WriteAttributeString("href", url);
        xml.WriteEndElement();
    }

    private static void SelfLink(XmlWriter xml, string url)
    {
        xml.WriteStartElement("link", Atom);
        xml.WriteAttributeString("href", url);
        xml.WriteAttributeString("rel", "self");
        xml.WriteAttributeString("type", "application/rss+xml");
        xml.WriteEndElement();
    }

    private static void Text(XmlWriter xml, string name, string text) => xml.WriteElementString(name, FeedWords.Xml(text));

    private static string Rfc822(Instant at) => at.ToDateTimeUtc().ToString("R", CultureInfo.InvariantCulture);
    internal static string Rfc3339(Instant at) => at.ToString("uuuu-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
