namespace Stipend.Kernel;

/// <summary>
/// Time-ordered positive 63-bit ids: 41 bits of milliseconds since 2025, 10 bits of node, 12 bits of sequence (ADR 0003).
/// One integer key on both engines, sorted by creation, and a number where the public API promises numbers.
/// Ids are names, not secrets: whatever they open is checked in the WHERE.
/// </summary>
public sealed class Ids(Clock clock, int node = 0)
{
    private const long Epoch = 1_735_689_600_000; // 2025-01-01T00:00Z
    private readonly Lock _lock = new();
    private readonly long _node = node is >= 0 and < 1024
        ? (long)node << 12
        : throw new ArgumentOutOfRangeException(nameof(node), node, "A node is 0–1023.");
    private long _last;

    /// <summary>Whether ids can be made at a time: from 2025 until 2094. A clock that says anything else is wrong.</summary>
    public static bool CanName(Instant at) => at.ToUnixTimeMilliseconds() - Epoch is >= 0 and < 1L << 41;

    /// <summary>The next id; never repeats and never goes back on this node, even when the wall clock does.</summary>
    /// <exception cref="InvalidOperationException">The clock is past 2094, which 41 bits cannot say.</exception>
    public long Next()
    {
        lock (_lock)
        {
            var now = Math.Max(clock.Now().ToUnixTimeMilliseconds() - Epoch, 1);
            var lastTick = ((_last >> 22) << 12) | (_last & 0xFFF);
            var tick = Math.Max(now << 12, lastTick + 1);
            if (tick >> 12 >= 1L << 41) throw new InvalidOperationException("The clock is past 2094. Set it right and start again.");
            return _last = ((tick >> 12) << 22) | _node | (tick & 0xFFF);
        }
    }
}
