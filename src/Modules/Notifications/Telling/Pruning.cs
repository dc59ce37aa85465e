using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Notifications.Telling;

/// <summary>
/// Forgets what was told long ago: what was read after three months, the rest after a year. A sandbox's clock runs ahead of the real one, so what was
/// told there is only kept longer.
/// </summary>
internal sealed class Pruning(Db db, Clock clock)
{
    public static readonly Duration KeptWhenRead = Duration.FromDays(90), Kept = Duration.FromDays(365);

    /// <summary>A few thousand at a time, so that nobody waits for the database long. Answers whether there may be more.</summary>
    public async Task<bool> Run(CancellationToken ct)
    {
        const int Most = 2_000;
        var now = clock.Now();
        var read = await db.Execute($"""
            DELETE FROM notification WHERE id IN (SELECT id FROM notification WHERE read_at < @before AND keep_until < @now LIMIT {Most})
            """, ct, ("before", now - KeptWhenRead), ("now", now));
        var old = await db.Execute($"""
            DELETE FROM notification WHERE id IN (SELECT id FROM notification WHERE created_at < @before AND keep_until < @now LIMIT {Most})
            """, ct, ("before", now - Kept), ("now", now));
        return read == Most || old == Most;
    }
}

/// <summary>Prunes once an hour.</summary>
internal sealed class Janitor(IServiceScopeFactory scopes, PumpOptions pump, Clock clock, ILogger<Janitor> log) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromHours(1);

    public async Task Run(CancellationToken ct = default)
    {
        for (var more = true; more;)
        {
            await using var scope = scopes.CreateAsyncScope();
            more = await scope.ServiceProvider.GetRequiredService<Pruning>().Run(ct);
            await Task.Yield();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!pump.Enabled) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Run(stoppingToken);
            }
            catch (Exception error) when (error is System.Data.Common.DbException or IOException or InvalidOperationException)
            {
                log.LogError(error, "Old notifications cannot be forgotten now; trying again in an hour");
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            await Task.Delay(s_pause, clock.Provider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
