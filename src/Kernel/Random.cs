namespace Stipend.Kernel;

/// <summary>Randomness that decides something and must be replayable: jitter, rotation. Secrets use RandomNumberGenerator.</summary>
public interface IRandom
{
    /// <summary>A number from 0 up to, not including, <paramref name="limit"/>.</summary>
    int Below(int limit);
}

/// <summary>A seeded source; the seed makes the sequence.</summary>
public sealed class SeededRandom(int seed) : IRandom
{
    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();

    public int Below(int limit)
    {
        lock (_lock) return _random.Next(limit);
    }
}
