using System.Globalization;

namespace Stipend.Platform.Http;

/// <summary>
/// Where a page of a list ended: what its last row is ordered by (a time in milliseconds, mostly) and the row's id, written “1768471200000-123” in
/// addresses. The next page is found by it through the index however far down it lies; a list never counts rows it does not show.
/// </summary>
public readonly record struct PageKey(long At, long Id)
{
    /// <summary>Before the first row of a list whose largest key comes first.</summary>
    public static PageKey Newest { get; } = new(long.MaxValue, long.MaxValue);

    /// <summary>Before the first row of a list whose smallest key comes first.</summary>
    public static PageKey Oldest { get; } = new(-1, -1);

    /// <summary>The key of a row.</summary>
    public static PageKey Of(Instant at, long id) => new(at.ToUnixTimeMilliseconds(), id);

    /// <summary>The key in an address; the list's start when it is absent or unreadable.</summary>
    public static PageKey Parse(string? text, PageKey start) => text?.Split('-') is [var at, var id]
        && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var a)
        && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var i) ? new PageKey(a, i) : start;

    /// <summary>A page of rows that were asked for with one more than it takes, and the key of the next page when that one came.</summary>
    public static (List<T> Rows, string? Next) Page<T>(List<T> found, int take, Func<T, PageKey> key) =>
        found.Count > take ? (found[..take], key(found[take - 1]).ToString()) : (found, null);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At}-{Id}");
}
