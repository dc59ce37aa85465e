using System.Globalization;

namespace Stipend.Posts.Read;

/// <summary>Where a page of posts ended: the last post's time and id, written “1768471200000-123” in addresses.</summary>
public readonly record struct PostCursor(Instant At, long Id)
{
    /// <summary>Before the newest post.</summary>
    public static PostCursor Start { get; } = new(Instant.FromUnixTimeMilliseconds(253_402_300_799_999), long.MaxValue);

    public bool IsStart => this == Start;

    /// <summary>The cursor of an address; the start when it is absent or unreadable.</summary>
    public static PostCursor Parse(string? text)
    {
        var dash = text?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        return dash > 0
            && long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
                && at < Start.At.ToUnixTimeMilliseconds()
            && long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new PostCursor(Instant.FromUnixTimeMilliseconds(at), id)
            : Start;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.ToUnixTimeMilliseconds()}-{Id}");
}
