using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stipend.Accounts.Contracts;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Runs;

/// <summary>
/// Looks every hour whether a run is overdue, by a timer of its own: a chain of messages would stop with what it watches over.
/// </summary>
internal sealed class RunWatch(IServiceScopeFactory scopes, PumpOptions pump, Clock clock, ILogger<RunWatch> log) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (pump.Enabled && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                await scope.ServiceProvider.GetRequiredService<RunAlarm>().Ring(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) // the watch outlives every trouble of the database; it must be there when all is well again
            {
                log.LogError(error, "Whether billing is late cannot be told now; looking again later");
            }
            await Task.Delay(s_pause, clock.Provider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

/// <summary>Tells the operators of overdue runs: by mail once a day, however often it is rung.</summary>
internal sealed class RunAlarm(Db db, OverdueRuns overdue, IPeople people, Outbox outbox, Clock clock, SiteOptions site, ILogger<RunAlarm> log) : IConcern
{
    public async Task Ring(CancellationToken ct)
    {
        var late = await overdue.Find(ct);
        if (late.Count == 0) return;
        log.LogCritical("{Count} billing runs are overdue, the first of {Day} in {Zone}", late.Count, late[0].BillOn, late[0].ZoneId);
        var now = clock.Now();
        foreach (var person in await people.Operators(ct))
            outbox.Enqueue(new SendMail(person, "Billing is late", Text(late), "alarm"), now, Book.Live,
                dedupeKey: $"overdue:{person}:{Columns.Iso(now.InUtc().Date)}");
        await db.SaveChangesAsync(ct);
    }

    public async Task<string?> Concern(CancellationToken ct) => (await overdue.Find(ct)).Count > 0 ? "billing overdue" : null;

    private string Text(IReadOnlyList<OverdueRun> late) =>
        "These billing runs should have closed by now:\n\n"
        + string.Join('\n', late.Take(10).Select(r => $"{Columns.Iso(r.BillOn)} ({r.ZoneId}): {Words(r.State)}"))
        + (late.Count > 10 ? $"\nand {late.Count - 10} more" : "")
        + $"\n\nUntil they do, somebody may not have been charged. Look at them here:\n\n{site.Link("/operator/runs")}";

    private static string Words(string state) => state switch
    {
        "missing" => "it was never opened; is the site running its jobs, and is its clock right?",
        "review" => "it waits for you",
        "planning" => "it is still being planned",
        _ => "some of its charges have no outcome yet",
    };
}
