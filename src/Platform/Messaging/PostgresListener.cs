using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Stipend.Platform.Data;

namespace Stipend.Platform.Messaging;

/// <summary>Wakes this process's pump when another process has published. A lost connection costs at most the pump's polling
/// pause.</summary>
internal sealed class PostgresListener(DataOptions data, PumpOptions pump, WakeUp wakeUp, Clock clock,
    ILogger<PostgresListener> log) : BackgroundService
{
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!pump.Enabled || data.Postgres is null) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Listen(data.Postgres, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException)
            {
                log.LogWarning("Not listening for messages of other processes now ({Error}); trying again", error.GetType().Name);
                await Task.Delay(s_retry, clock.Provider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task Listen(string connectionString, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false,
            KeepAlive = 30 }.ToString());
        connection.Notification += (_, _) => wakeUp.Signal();
        await connection.OpenAsync(ct);
        await using (var listen = connection.CreateCommand())
        {
            listen.CommandText = $"LISTEN {MessageStore.NotifyChannel}";
            await listen.ExecuteNonQueryAsync(ct);
        }
        wakeUp.Signal(); // whatever came while nobody listened
        while (true) await connection.WaitAsync(ct);
    }
}
