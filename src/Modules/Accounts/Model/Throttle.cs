using System.Collections.Concurrent;

namespace Stipend.Accounts.Model;

/// <summary>Counts tries per key in windows of time, in this process; too many are refused until the window ends.</summary>
internal sealed class Throttle(Clock clock)
{
    private const int Capacity = 100_000;
    private readonly ConcurrentDictionary<string, Window> _windows = new(StringComparer.Ordinal);

    private sealed record Window(Instant EndsAt, int Count);

    /// <summary>Counts one try.</summary>
    /// <exception cref="Refusal">More than <paramref name="most"/> within <paramref name="span"/>.</exception>
    public void Count(string key, int most, Duration span)
    {
        var now = clock.Now();
        if (_windows.Count >= Capacity) Sweep(now);
        var window = _windows.AddOrUpdate(key, _ => new Window(now + span, 1),
            (_, w) => w.EndsAt <= now ? new Window(now + span, 1) : w with { Count = Math.Min(w.Count, most) + 1 });
        if (window.Count > most)
            throw Refusal.TooMany($"That was tried too often. Wait {Wait(window.EndsAt - now)} and try again.");
    }

    /// <summary>“1 minute”, “12 minutes”.</summary>
    public static string Wait(Duration span)
    {
        var minutes = (int)Math.Max(1, Math.Ceiling(span.TotalMinutes));
        return minutes == 1 ? "1 minute" : $"{minutes} minutes";
    }

    private void Sweep(Instant now)
    {
        foreach (var (key, window) in _windows)
            if (window.EndsAt <= now) _windows.TryRemove(key, out _);
        if (_windows.Count >= Capacity) _windows.Clear(); // a flood: the guard per account still holds
    }
}
