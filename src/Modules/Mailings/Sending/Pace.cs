using Stipend.Mailings.Contracts;

namespace Stipend.Mailings.Sending;

/// <summary>So many mails in a second over all connections, and no more than a second's worth at once.</summary>
internal sealed class Pace(MailingsOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _ready = options.PerSecond;
    private long _at = time.GetTimestamp();

    /// <summary>Takes leave to send one mail now; false: not yet.</summary>
    public bool TryTake() => Take() == TimeSpan.Zero;

    /// <summary>Waits until one mail may be sent.</summary>
    public async Task Wait(CancellationToken ct)
    {
        while (Take() is var rest && rest > TimeSpan.Zero) await Task.Delay(rest, time, ct);
    }

    private TimeSpan Take()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _ready = Math.Min(options.PerSecond, _ready + time.GetElapsedTime(_at, now).TotalSeconds * options.PerSecond);
            _at = now;
            if (_ready < 1) return TimeSpan.FromSeconds(Math.Max(0.001, (1 - _ready) / options.PerSecond));
            _ready--;
            return TimeSpan.Zero;
        }
    }
}
