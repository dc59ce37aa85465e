using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Stipend.Platform.Messaging;

/// <summary>Rows of a module that are of no use after a time; register with <c>AddScoped&lt;IPrunes, …&gt;</c>.</summary>
public interface IPrunes
{
    /// <summary>Forgets a part of what is old, so small that nobody waits for the database long; answers whether there may be more.</summary>
    Task<bool> Prune(CancellationToken ct);
}

/// <summary>
/// Forgets once an hour what is of no use any more. Beside those who send, and not between their turns, because there is no between while
/// something is always to be sent.
/// </summary>
internal sealed class Janitor(IServiceScopeFactory scopes, PumpOptions pump, Clock clock, ILogger<Janitor> log) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromHours(1);

    /// <summary>Forgets everything that is old, a part at a time.</summary>
    public async Task Run(CancellationToken ct = default)
    {
        for (var nth = 0; await Part(nth, ct) is { } hasMore; nth += hasMore ? 0 : 1) await Task.Yield();
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
                log.LogError(error, "What is old cannot be forgotten now; trying again in an hour");
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            await Task.Delay(s_pause, clock.Provider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Null when there is no such one. One that fails has its turn again in an hour and keeps nobody else from theirs.</summary>
    private async Task<bool?> Part(int nth, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        if (scope.ServiceProvider.GetServices<IPrunes>().ElementAtOrDefault(nth) is not { } one) return null;
        try
        {
            return await one.Prune(ct);
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            log.LogError(error, "{Pruner} cannot forget what is old now; trying again in an hour", one.GetType().Name);
            return false;
        }
    }
}
