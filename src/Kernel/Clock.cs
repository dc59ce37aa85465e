namespace Stipend.Kernel;

/// <summary>
/// The one source of wall time. Built on <see cref="TimeProvider"/>, so framework timers and the domain move together in tests.
/// </summary>
public sealed class Clock(TimeProvider time)
{
    /// <summary>For timers and delays: <c>Task.Delay(span, clock.Provider, ct)</c>.</summary>
    public TimeProvider Provider { get; } = time;

    /// <summary>The present instant, to the millisecond (what the database keeps).</summary>
    public Instant Now() => Instant.FromUnixTimeMilliseconds(Provider.GetUtcNow().ToUnixTimeMilliseconds());
}
