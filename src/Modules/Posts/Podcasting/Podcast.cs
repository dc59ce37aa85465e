using System.Security.Cryptography;
using System.Text;

namespace Stipend.Posts.Podcasting;

/// <summary>How a podcast is heard: the newest first, or from the beginning in the collection's order.</summary>
public enum PodcastKind { Episodic, Serial }

/// <summary>What an episode is. Only whole ones are counted.</summary>
public enum EpisodeKind { Full, Trailer, Bonus }

/// <summary>What apps are told of a podcast beside its title.</summary>
/// <param name="Language">A code such as <c>de</c> or <c>pt-br</c>.</param>
/// <param name="Category">One of <see cref="PodcastCategories"/>: “Arts” or “Arts/Books”.</param>
public sealed record PodcastFacts(string Description, string Author, string Language, string Category, bool IsExplicit, PodcastKind Kind);

/// <summary>The square picture of a podcast.</summary>
public sealed record Artwork(long ImageId, string ContentType, int SidePx)
{
    /// <summary>What directories take, in pixels on a side.</summary>
    public const int LeastPx = 1400, MostPx = 3000;

    public bool IsAsApps => SidePx is >= LeastPx and <= MostPx;

    /// <summary>The end of its address: apps look at the ending, and know a new picture by its new name.</summary>
    public string FileName => $"{ImageId}.{(ContentType == "image/png" ? "png" : "jpg")}";
}

/// <summary>A collection that is also a podcast. <see cref="Id"/> is the collection's.</summary>
public sealed record Podcast(long Id, string Slug, string Title, string Guid, PodcastFacts Facts, Artwork? Artwork)
{
    public const int MaxDescription = 4000; // what apps take
    public const int MaxAuthor = 100;

    private static readonly Guid s_podcasts = new("ead4c236-bf58-58c6-a2c6-a6b28d128cb6"); // of the podcast namespace, for all feeds

    public string ArtworkPath(string vanity) => $"{PathOf(vanity, Id)}/artwork/{Artwork!.FileName}";

    /// <summary>Where everybody's part of a podcast is, before <c>/feed.xml</c>.</summary>
    public static string PathOf(string vanity, long id) => $"/{vanity}/podcasts/{id}";

    /// <summary>Where one device's part of it is, before <c>.xml</c>.</summary>
    public static string PathOf(string vanity, long id, string token) => $"/feeds/{token}/{vanity}/{id}";

    /// <summary>The UUID (version 5) that the podcast namespace gives to a feed first offered at an address.</summary>
    public static string GuidOf(string address)
    {
        var name = address[(address.IndexOf("://", StringComparison.Ordinal) is var at and >= 0 ? at + 3 : 0)..].TrimEnd('/');
        byte[] named = [.. s_podcasts.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(name)];
#pragma warning disable CA5350 // the namespace prescribes SHA-1; nothing is protected by it
        var hash = SHA1.HashData(named)[..16];
#pragma warning restore CA5350
        hash[6] = (byte)(hash[6] & 0x0F | 0x50);
        hash[8] = (byte)(hash[8] & 0x3F | 0x80);
        return new Guid(hash, bigEndian: true).ToString();
    }
}
