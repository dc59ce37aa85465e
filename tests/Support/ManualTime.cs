namespace Stipend.Support;

/// <summary>A clock the test moves by hand. Timers stay real.</summary>
public sealed class ManualTime(Instant start) : TimeProvider
{
    private readonly Lock _lock = new();
    private Instant _now = start;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _now.ToDateTimeOffset();
    }

    public Instant Now
    {
        get { lock (_lock) return _now; }
        set { lock (_lock) _now = value; }
    }

    public void Advance(Duration by) => Now += by;
}
