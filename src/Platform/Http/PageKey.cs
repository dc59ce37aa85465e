using System.Globalization;

namespace Stipend.Platform.Http;

/// <summary>
/// Where a page of a list ended: what its last row is ordered by (a time in milliseconds, mostly) and the row's id, written “1768471200000-123” in
/// addresses. The next page is found by it through the index however far down it lies; a list never counts rows it does not show.
/// </summary>
public readonly record struct PageKey(long At, long Id)
{
    /// <summary>Before the first row of a list whose largest key comes first.</summary>
    public static PageKey Newest { get; } = new(253_402_300_799_999, long.MaxValue);

    /// <summary>Before the first row of a list whose smallest key comes first.</summary>
    public static PageKey Oldest { get; } = new(-1, -1);

    /// <summary>The time it stands for, where the list is ordered by one.</summary>
    public Instant Time => Instant.FromUnixTimeMilliseconds(At);

    /// <summary>The key of a row.</summary>
    public static PageKey Of(Instant at, long id) => new(at.ToUnixTimeMilliseconds(), id);

    /// <summary>The key in an address; the list's start when it is absent or unreadable.</summary>
    public static PageKey Parse(string? text, PageKey start) => text?.Split('-') is [var at, var id]
        && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var a)
        && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var i) ? new PageKey(Math.Min(a, Newest.At), i) : start;

    /// <summary>A page of rows that were asked for with one more than it takes, and the key of the next page when that one came.</summary>
    public static (List<T> Rows, string? Next) Page<T>(List<T> found, int take, Func<T, PageKey> key) =>
        found.Count > take ? (found[..take], key(found[take - 1]).ToString()) : (found, null);

    /// <summary>
    /// A full page of a list of which a reader may see a part: reads on until it is full, the list ends, or five pages were looked through. A page short of
    /// rows with a next one is that last case.
    /// </summary>
    /// <param name="from">Where the page begins.</param>
    /// <param name="take">Rows of a page.</param>
    /// <param name="read">Reads so many rows after a key.</param>
    /// <param name="open">Those of some rows the reader may see, in the same order.</param>
    /// <param name="key">The key of a row.</param>
    public static async Task<(List<T> Rows, string? Next)> Fill<T>(PageKey from, int take, Func<PageKey, int, Task<List<T>>> read,
        Func<List<T>, Task<List<T>>> open, Func<T, PageKey> key)
    {
        var kept = new List<T>();
        for (var looks = 0; looks < 5; looks++)
        {
            var (rows, next) = Page(await read(from, take + 1), take, key);
            kept.AddRange(await open(rows));
            if (kept.Count > take) return Page(kept, take, key);
            if (next is null) return (kept, null);
            from = key(rows[^1]);
            if (kept.Count == take) break;
        }
        return (kept, from.ToString());
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At}-{Id}");
}
