using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stipend.Platform.Data;

namespace Stipend.Platform.Messaging;

/// <summary>Whether this process runs messages; the web role and tests that drive time themselves do not.</summary>
public sealed record PumpOptions(bool Enabled = true);

/// <summary>Runs due messages in the background: woken by commits in this process, polling as the net.</summary>
internal sealed class MessagePump(MessageRunner runner, WakeUp wakeUp, PumpOptions options, ILogger<MessagePump> log) : BackgroundService
{
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (options.Enabled && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await runner.RunDue(stoppingToken);
            }
            catch (Exception error) when (error is System.Data.Common.DbException or IOException || error.IsDiskTrouble)
            {
                log.LogError(error, "Messages cannot be read now; trying again");
            }
            catch (OperationCanceledException)
            {
                return;
            }
            try
            {
                await wakeUp.Wait(s_poll, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
