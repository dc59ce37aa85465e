namespace Stipend.Simulation;

/// <summary>The world's clock, moved by the world alone. Timers stay real; nothing in a world waits for one.</summary>
internal sealed class SimClock : TimeProvider
{
    public Instant Now { get; set; } = Instant.FromUtc(2026, 1, 1, 0, 0);

    public override DateTimeOffset GetUtcNow() => Now.ToDateTimeOffset();
}

/// <summary>The site's own randomness (pauses between tries), begun anew by each world.</summary>
internal sealed class SimRandom : IRandom
{
    private SeededRandom _random = new(0);

    public void Begin(int seed) => _random = new SeededRandom(seed);
    public int Below(int limit) => _random.Below(limit);
}
