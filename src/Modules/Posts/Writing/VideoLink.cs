using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;

namespace Stipend.Posts.Writing;

/// <summary>A video on another site that can be played in a frame.</summary>
/// <param name="Site">The name people know the other site by.</param>
/// <param name="Address">Where the link leads, as it was written.</param>
/// <param name="Frame">The player, loaded when somebody presses play and not before.</param>
internal sealed record VideoLink(string Site, string Address, string Frame)
{
    /// <summary>What a page that shows the player must let into its frames.</summary>
    public string Origin => Frame[..Frame.IndexOf('/', "https://".Length)];
}

/// <summary>
/// Knows the addresses of videos by their exact shapes. The player's address is put together from a host written here, or named by the operator, and
/// an id of few characters: nothing else of what somebody typed gets into it.
/// </summary>
internal static partial class VideoLinks
{
    private const int MaxLength = 400;

    /// <param name="address">A link's address, safe as <see cref="SafeHtml.Link"/> makes it.</param>
    /// <param name="peerTubes">Hosts of PeerTube the operator trusts.</param>
    public static VideoLink? Find(string address, IReadOnlySet<string> peerTubes)
    {
        if (address.Length > MaxLength || !Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http")
            || !uri.IsDefaultPort || uri.UserInfo.Length > 0 || uri.HostNameType != UriHostNameType.Dns) return null;
        var frame = uri.IdnHost switch
        {
            "www.youtube.com" or "youtube.com" or "m.youtube.com" or "www.youtube-nocookie.com" => YouTube(uri, IdOfYouTube(uri)),
            "youtu.be" => YouTube(uri, Short().Match(uri.AbsolutePath)),
            "vimeo.com" or "www.vimeo.com" or "player.vimeo.com" => Vimeo(uri),
            var host when peerTubes.Contains(host) => PeerTube(uri, host),
            _ => null,
        };
        return frame is null ? null : new VideoLink(frame.Value.Site, address, frame.Value.Frame);
    }

    private static Match IdOfYouTube(Uri uri) => uri.AbsolutePath == "/watch" && QueryHelpers.ParseQuery(uri.Query).TryGetValue("v", out var v)
        ? Bare().Match(v.Count == 1 ? v[0]! : "") : Named().Match(uri.AbsolutePath);

    private static (string Site, string Frame)? YouTube(Uri uri, Match id)
    {
        if (!id.Success) return null;
        var query = QueryHelpers.ParseQuery(uri.Query);
        var start = Seconds(query.TryGetValue("t", out var t) ? t.ToString() : query.TryGetValue("start", out var s) ? s.ToString() : "");
        return ("YouTube", string.Create(CultureInfo.InvariantCulture,
            $"https://www.youtube-nocookie.com/embed/{id.Groups[1].Value}?autoplay=1&rel=0{(start > 0 ? $"&start={start}" : "")}"));
    }

    /// <summary>An unlisted video has a second secret in its address; “dnt” asks Vimeo to remember nothing of who watches.</summary>
    private static (string Site, string Frame)? Vimeo(Uri uri)
    {
        var id = VimeoPath().Match(uri.AbsolutePath);
        if (!id.Success) return null;
        var key = id.Groups[2].Success ? id.Groups[2] : Key().Match(QueryHelpers.ParseQuery(uri.Query).GetValueOrDefault("h").ToString());
        return ("Vimeo", $"https://player.vimeo.com/video/{id.Groups[1].Value}?autoplay=1&dnt=1{(key.Success ? $"&h={key.Value}" : "")}");
    }

    /// <summary>Without its peers: they would tell other watchers where this one is.</summary>
    private static (string Site, string Frame)? PeerTube(Uri uri, string host) => PeerTubePath().Match(uri.AbsolutePath) is { Success: true } id
        ? (host, $"https://{host}/videos/embed/{id.Groups[1].Value}?autoplay=1&p2p=0") : null;

    private static int Seconds(string text)
    {
        var parts = Time().Match(text);
        int Of(int group) => parts.Groups[group].Success ? int.Parse(parts.Groups[group].ValueSpan, CultureInfo.InvariantCulture) : 0;
        return parts.Success ? Of(1) * 3600 + Of(2) * 60 + Of(3) : 0;
    }

    [GeneratedRegex(@"\A([A-Za-z0-9_-]{11})\z")]
    private static partial Regex Bare();

    [GeneratedRegex(@"\A/([A-Za-z0-9_-]{11})/?\z")]
    private static partial Regex Short();

    [GeneratedRegex(@"\A/(?:embed|shorts|live)/([A-Za-z0-9_-]{11})/?\z")]
    private static partial Regex Named();

    [GeneratedRegex(@"\A/(?:video/)?([0-9]{6,12})(?:/([0-9a-f]{6,20}))?/?\z")]
    private static partial Regex VimeoPath();

    [GeneratedRegex(@"\A[0-9a-f]{6,20}\z")]
    private static partial Regex Key();

    [GeneratedRegex(@"\A/(?:w|videos/watch|videos/embed)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[1-9A-HJ-NP-Za-km-z]{22})/?\z")]
    private static partial Regex PeerTubePath();

    [GeneratedRegex(@"\A(?:([0-9]{1,2})h)?(?:([0-9]{1,3})m)?(?:([0-9]{1,6})s?)?\z")]
    private static partial Regex Time();
}
