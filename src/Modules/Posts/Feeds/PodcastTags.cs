using System.Globalization;
using System.Xml;
using Stipend.Posts.Podcasting;

namespace Stipend.Posts.Feeds;

/// <summary>What podcast apps and directories are told, in the tags of Apple (<c>itunes:</c>) and of the podcast namespace
/// (<c>podcast:</c>).</summary>
internal static class PodcastTags
{
    public const string Itunes = "http://www.itunes.com/dtds/podcast-1.0.dtd";
    public const string Namespace = "https://podcastindex.org/namespace/1.0";

    /// <summary>Of a feed with something to play.</summary>
    public static void Author(XmlWriter xml, string author, bool isPrivate)
    {
        xml.WriteElementString("author", Itunes, FeedWords.Xml(author));
        if (!isPrivate) return;
        xml.WriteElementString("block", Itunes, "Yes"); // no directory may list what one person pays for
        xml.WriteElementString("block", Namespace, "yes");
    }

    /// <summary>Of a podcast.</summary>
    public static void Channel(XmlWriter xml, Podcast podcast)
    {
        var (name, part) = PodcastCategories.Split(podcast.Facts.Category);
        xml.WriteStartElement("category", Itunes);
        xml.WriteAttributeString("text", name);
        if (part is not null)
        {
            xml.WriteStartElement("category", Itunes);
            xml.WriteAttributeString("text", part);
            xml.WriteEndElement();
        }
        xml.WriteEndElement();
        xml.WriteElementString("explicit", Itunes, podcast.Facts.IsExplicit ? "true" : "false");
        xml.WriteElementString("type", Itunes, podcast.Facts.Kind == PodcastKind.Serial ? "serial" : "episodic");
        xml.WriteElementString("guid", Namespace, podcast.Guid);
        xml.WriteElementString("medium", Namespace, "podcast");
        xml.WriteElementString("locked", Namespace, "yes"); // nobody else may import it
    }

    /// <summary>Of an episode.</summary>
    /// <param name="xml">Inside its item.</param>
    /// <param name="item">With its place.</param>
    /// <param name="chapters">The address of its chapters; null without any.</param>
    public static void Episode(XmlWriter xml, FeedItem item, string? chapters)
    {
        var place = item.Place!;
        xml.WriteElementString("episodeType", Itunes, place.Kind switch { EpisodeKind.Trailer => "trailer", EpisodeKind.Bonus => "bonus", _ => "full" });
        Number(xml, "season", place.Season);
        Number(xml, "episode", place.Number);
        if (chapters is null) return;
        xml.WriteStartElement("chapters", Namespace);
        xml.WriteAttributeString("url", chapters);
        xml.WriteAttributeString("type", ServePodcast.ChaptersType);
        xml.WriteEndElement();
    }

    private static void Number(XmlWriter xml, string name, long? number)
    {
        if (number is not { } known) return;
        foreach (var tags in new[] { Itunes, Namespace }) xml.WriteElementString(name, tags, known.ToString(CultureInfo.InvariantCulture));
    }
}
