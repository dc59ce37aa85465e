using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using Stipend.Billing.Gateways;

namespace Stipend.Billing.Collecting;

/// <summary>
/// How fast each gateway is asked, and when not at all. A gateway that does not answer ten times in a row is left alone for a while, longer each time;
/// then one call finds out. What is held back was never sent: nobody is dunned for the gateway's trouble (billing.md case 90).
/// </summary>
internal sealed class GatewayPace(Clock clock, ILogger<GatewayPace> log) : IDisposable
{
    private const int SilencesToTrip = 10;
    private static readonly Duration s_shortest = Duration.FromSeconds(30), s_longest = Duration.FromMinutes(10);
    private readonly ConcurrentDictionary<string, Gate> _gates = new(StringComparer.Ordinal);

    private sealed class Gate(RateLimiter? limiter)
    {
        public RateLimiter? Limiter { get; } = limiter;
        public Lock Lock { get; } = new();
        public int Silences { get; set; }
        public Duration Wait { get; set; } = s_shortest;
        public Instant ShutUntil { get; set; } = Instant.MinValue;
    }

    /// <summary>Waits for its turn; false when the gateway is left alone.</summary>
    public async ValueTask<bool> Enter(IPaymentGateway gateway, CancellationToken ct)
    {
        var gate = Of(gateway);
        if (IsShut(gate)) return false;
        if (gate.Limiter is null) return true;
        using var turn = await gate.Limiter.AcquireAsync(1, ct);
        return turn.IsAcquired && !IsShut(gate);
    }

    /// <summary>Learns from an answer: any answer that says something shows that the gateway is there.</summary>
    public void Heard(IPaymentGateway gateway, GatewayAnswer answer)
    {
        var gate = Of(gateway);
        lock (gate.Lock)
        {
            if (answer.Outcome is not (GatewayOutcome.Unknown or GatewayOutcome.Throttled))
            {
                (gate.Silences, gate.Wait) = (0, s_shortest);
                return;
            }
            if (++gate.Silences < SilencesToTrip || IsShut(gate)) return;
            gate.ShutUntil = clock.Now() + gate.Wait;
            log.LogWarning("The gateway {Gateway} does not answer ({Why}); it is asked again after {Seconds} s", gateway.Name, answer.Message ?? answer.Code,
                gate.Wait.TotalSeconds);
            gate.Wait = Duration.Min(gate.Wait * 2, s_longest);
        }
    }

    /// <summary>Until when a gateway is left alone; null when it is not.</summary>
    public Instant? ShutUntil(IPaymentGateway gateway) => Of(gateway) is var gate && IsShut(gate) ? gate.ShutUntil : null;

    /// <summary>A clock set back far must not shut the gate for as long.</summary>
    private bool IsShut(Gate gate)
    {
        lock (gate.Lock) return gate.ShutUntil - clock.Now() is var left && left > Duration.Zero && left <= s_longest;
    }

    /// <summary>Half a second's calls may come at once, which makes up for the pauses between batches.</summary>
    private Gate Of(IPaymentGateway gateway) => _gates.GetOrAdd(gateway.Name, _ => new Gate(gateway.CallsPerSecond is var rate and > 0
        ? new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = Math.Max(1, rate / 2), TokensPerPeriod = Math.Max(1, rate / 20), ReplenishmentPeriod = TimeSpan.FromMilliseconds(50),
            QueueLimit = int.MaxValue, AutoReplenishment = true,
        })
        : null));

    public void Dispose()
    {
        foreach (var gate in _gates.Values) gate.Limiter?.Dispose();
    }
}
