using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Stipend.Platform.Messaging;

/// <summary>Whether this process runs messages; the web role and tests that drive time themselves do not.</summary>
/// <param name="Enabled">Runs them in the background.</param>
/// <param name="PollSeconds">How long it rests when nothing woke it.</param>
/// <param name="Performers">How many performers may wait for the network at once.</param>
public sealed record PumpOptions(bool Enabled = true, int PollSeconds = 2, int Performers = 4);

/// <summary>
/// Runs due messages in the background, woken by commits, polling as the net. Handlers run in one lane, performers in a few others,
/// so that a mail server that takes its time holds up no bill.
/// </summary>
internal sealed class MessagePump(MessageRunner runner, WakeUp wakeUp, PumpOptions options, IServiceScopeFactory scopes, Clock clock,
    ILogger<MessagePump> log)
    : BackgroundService
{
    private static readonly Duration s_upkeepPause = Duration.FromHours(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => options.Enabled
        ? Task.WhenAll([Go(Lane.Handlers, stoppingToken), .. Enumerable.Range(0, options.Performers)
            .Select(_ => Go(Lane.Performers, stoppingToken))])
        : Task.CompletedTask;

    private async Task Go(Lane lane, CancellationToken ct)
    {
        var upkeepAt = Instant.MinValue;
        while (!ct.IsCancellationRequested)
        {
            var awake = wakeUp.Next; // taken before looking: what is published meanwhile is not missed
            try
            {
                await runner.RunDue(lane, ct);
                if (lane == Lane.Handlers && clock.Now() >= upkeepAt)
                {
                    await using var scope = scopes.CreateAsyncScope();
                    await scope.ServiceProvider.GetRequiredService<Upkeep>().Run(ct);
                    upkeepAt = clock.Now() + s_upkeepPause;
                }
                await awake.WaitAsync(TimeSpan.FromSeconds(options.PollSeconds), ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (TimeoutException)
            {
                // nothing woke us; look anyway
            }
            catch (Exception error) // the pump outlives every trouble of the database; it says so and looks again
            {
                log.LogError(error, "Messages cannot be run now; trying again");
                await Task.Delay(TimeSpan.FromSeconds(options.PollSeconds), clock.Provider, ct)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
