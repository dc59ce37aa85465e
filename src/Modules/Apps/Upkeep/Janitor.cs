using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stipend.Apps.OAuth;
using Stipend.Apps.Webhooks;
using Stipend.Platform.Messaging;

namespace Stipend.Apps.Upkeep;

/// <summary>
/// Forgets once an hour what is of no use any more: deliveries, codes, tokens. Beside the courier and not between its turns, because there is
/// no between while something is always to be delivered.
/// </summary>
internal sealed class Janitor(IServiceScopeFactory scopes, PumpOptions pump, Clock clock, ILogger<Janitor> log) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromHours(1);

    /// <summary>Forgets everything that is old, a part at a time, so that nobody waits for the database long.</summary>
    public async Task Run(CancellationToken ct = default)
    {
        while (await With<DeliveryQueue>((queue, token) => queue.Prune(token), ct)) await Task.Yield();
        while (await With<Tokens>((tokens, token) => tokens.Prune(token), ct)) await Task.Yield();
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
                log.LogError(error, "What is old about apps cannot be forgotten now; trying again in an hour");
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            await Task.Delay(s_pause, clock.Provider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> With<T>(Func<T, CancellationToken, Task<bool>> work, CancellationToken ct) where T : notnull
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<T>(), ct);
    }
}
