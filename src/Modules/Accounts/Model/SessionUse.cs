using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stipend.Platform.Data;

namespace Stipend.Accounts.Model;

/// <summary>Writes when sessions were last used, at most once in ten minutes each, and the language their people read in when it is another;
/// once a minute for all, and when the site stops.</summary>
internal sealed class SessionUse(SessionCache cache, IServiceScopeFactory scopes, Clock clock, ILogger<SessionUse> log) : BackgroundService
{
    public static Duration Grain { get; } = Duration.FromMinutes(10);

    /// <summary>Writes what was noted since the last time.</summary>
    public async Task Write(CancellationToken ct)
    {
        var used = cache.TakeUsed();
        if (used.Count == 0) return;
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<Db>();
        await using var transaction = await db.BeginWrite(ct);
        foreach (var (id, use) in used.OrderBy(u => u.Key)) // by id, so that two processes do not wait for each other
            await db.Execute("UPDATE session SET last_used_at = @at WHERE id = @id AND last_used_at < @at", ct, ("id", id), ("at", use.At));
        foreach (var last in used.Values.Where(u => u.Language is not null).GroupBy(u => u.PersonId).OrderBy(g => g.Key).Select(g => g.MaxBy(u => u.At)!))
            await db.Execute("UPDATE person_pii SET language = @language WHERE person_id = @person AND COALESCE(language, '') <> @language", ct,
                ("language", last.Language), ("person", last.PersonId));
        await transaction.Commit(ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), clock.Provider);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await Try(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            await Try(CancellationToken.None);
        }
    }

    private async Task Try(CancellationToken ct)
    {
        try
        {
            await Write(ct);
        }
        catch (System.Data.Common.DbException error)
        {
            log.LogWarning(error, "Could not write when sessions were last used; the next minute tries again");
        }
    }
}
