using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Accounts.Contracts;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Ledger.Contracts;
using Stipend.Operations.Runs;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;
using Stipend.Platform.Ui;

namespace Stipend.Operations.Overview;

/// <summary>The operator's front page and the small sections: ledger, messages, people.</summary>
internal static class Console
{
    private const int PageSize = 50;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/operator", Overview).RequireOperator();
        app.MapGet("/operator/ledger", Ledger).RequireOperator();
        app.MapPost("/operator/ledger/verify", Verify).RequireOperator();
        app.MapGet("/operator/payments", Payments).RequireOperator();
        app.MapPost("/operator/payments/compare", Compare).RequireOperator();
        app.MapPost("/operator/payments/{id:long}/settle", Settle).RequireOperator();
        app.MapGet("/operator/messages", Messages).RequireOperator();
        app.MapPost("/operator/messages/{id:long}/retry", Retry).RequireOperator();
        app.MapPost("/operator/messages/{id:long}/discard", Discard).RequireOperator();
        app.MapGet("/operator/people", People).RequireOperator();
    }

    private static async Task<IResult> Overview(IBillingRuns runs, ParkedMessages parked, ICampaigns campaigns, OperatorTrail trail,
        IReconciliation reconciliation, DataOptions data, CancellationToken ct) =>
        Pages.Show<OverviewPage>(new OverviewPage.View(
            await runs.List(Book.Live, emptyToo: true, 3, ct), await runs.NextRuns(Book.Live, ct), (await parked.List(0, 100, ct)).Count,
            (await reconciliation.Open(ct: ct)).Count, await reconciliation.IsWaiting(ct),
            await runs.Overdue(ct), await campaigns.All(ct),
            (await trail.Newest(10, ct)).Select(a => new OverviewPage.Trail(a.At, a.Action, a.Detail)).ToList(),
            data.Engine == Engine.Sqlite ? "SQLite" : "PostgreSQL", DiskFree(data)));

    private static async Task<IResult> Ledger(ILedger ledger, ICampaigns campaigns, long? book, CancellationToken ct) =>
        Pages.Show<LedgerPage>(new LedgerPage.View(book ?? Book.Live, await OperatorRuns.BookChoices(campaigns, ct),
            await ledger.Balances(book ?? Book.Live, null, ct),
            await Names(campaigns, ct), null));

    private static async Task<IResult> Verify(HttpContext context, ILedger ledger, ICampaigns campaigns, OperatorTrail trail,
        CancellationToken ct)
    {
        var book = (await FormInput.Read(context, ct)).Id("book") ?? Book.Live;
        var report = await ledger.Verify(book, ct);
        await trail.Write(context.RequireViewer().Id, "ledger.verify", $"book {book}: {(report.Passed ? "passed" : "FAILED")}", ct);
        return Pages.Show<LedgerPage>(new LedgerPage.View(book, await OperatorRuns.BookChoices(campaigns, ct),
            await ledger.Balances(book, null, ct), await Names(campaigns, ct), report));
    }

    private static async Task<IResult> Payments(string? after, IReconciliation reconciliation, CancellationToken ct)
    {
        var from = PageKey.Parse(after, PageKey.Oldest);
        var (items, next) = PageKey.Page(await reconciliation.Open(from, PageSize + 1, ct), PageSize, i => i.Key);
        return Pages.Show<PaymentsPage>(new PaymentsPage.View(items, await reconciliation.IsWaiting(ct), next, from == PageKey.Oldest));
    }

    private static async Task<IResult> Compare(HttpContext context, IReconciliation reconciliation, OperatorTrail trail, CancellationToken ct)
    {
        var report = await reconciliation.Compare(ct);
        await trail.Write(context.RequireViewer().Id, "payments.compare", $"{report.Movements} movements, {report.Open.Count} unexplained", ct);
        if (report.Complete) context.Flashes("Compared with the gateway.");
        else context.Flashes("The gateway gave no usable answer. It is asked again by itself.", Tone.Warning);
        return Pages.SeeOther("/operator/payments");
    }

    private static async Task<IResult> Settle(HttpContext context, long id, IReconciliation reconciliation, OperatorTrail trail,
        CancellationToken ct)
    {
        var note = (await FormInput.Read(context, ct)).Text("note") is { Length: > 0 } text ? text
            : throw Refusal.InvalidField("note", "Say what you did about it, for whoever looks at the books later.");
        await reconciliation.Settle(id, note, ct);
        await trail.Write(context.RequireViewer().Id, "payments.settle", $"payment {id}: {note}", ct);
        context.Flashes("The payment counts as dealt with.");
        return Pages.SeeOther("/operator/payments");
    }

    private static async Task<IResult> Messages(ParkedMessages parked, long? after, CancellationToken ct)
    {
        var list = await parked.List(after ?? 0, 50, ct);
        return Pages.Show<MessagesPage>(new MessagesPage.View(list, list.Count == 50 ? list[^1].Id : null));
    }

    private static async Task<IResult> Retry(HttpContext context, long id, ParkedMessages parked, OperatorTrail trail, CancellationToken ct)
    {
        await parked.Release(id, ct);
        await trail.Write(context.RequireViewer().Id, "messages.retry", $"message {id}", ct);
        context.Flashes("The message is tried again.");
        return Pages.SeeOther("/operator/messages");
    }

    private static async Task<IResult> Discard(HttpContext context, long id, ParkedMessages parked, OperatorTrail trail,
        CancellationToken ct)
    {
        await parked.Discard(id, ct);
        await trail.Write(context.RequireViewer().Id, "messages.discard", $"message {id}", ct);
        context.Flashes("The message is given up.", Tone.Warning);
        return Pages.SeeOther("/operator/messages");
    }

    private static async Task<IResult> People(IPeople people, string? q, CancellationToken ct)
    {
        var query = q?.Trim() ?? "";
        var found = query.Length == 0 ? null
            : long.TryParse(query, out var id) ? await people.Find(id, ct)
            : EmailAddress.IsValid(query) ? await people.FindByEmail(query, ct) : null;
        return Pages.Show<PeoplePage>(new PeoplePage.View(query, found));
    }

    private static async Task<IReadOnlyDictionary<long, string>> Names(ICampaigns campaigns, CancellationToken ct) =>
        (await campaigns.All(ct)).ToDictionary(c => c.Id, c => c.Name);

    /// <summary>Free bytes on the data folder's disk; null when the system does not tell.</summary>
    private static long? DiskFree(DataOptions data)
    {
        try
        {
            return new DriveInfo(data.Folder).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
