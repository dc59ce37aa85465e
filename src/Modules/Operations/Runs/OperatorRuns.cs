using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Accounts.Contracts;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;

namespace Stipend.Operations.Runs;

/// <summary>Billing runs for the operator: how they stand, what one charged, what a day would bill, starting what is due.</summary>
internal static class OperatorRuns
{
    private const int ListSize = 40, PageSize = 50;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/operator/runs", List).RequireOperator();
        app.MapGet("/operator/runs/{id:long}", Show).RequireOperator();
        app.MapGet("/operator/preview", Preview).RequireOperator();
        app.MapPost("/operator/runs/start", Start).RequireOperator();
        app.MapPost("/operator/runs/{id:long}/release", Release).RequireOperator();
    }

    /// <summary>The real books first, then each sandbox campaign's.</summary>
    internal static async Task<IReadOnlyList<BookChoice>> BookChoices(ICampaigns campaigns, CancellationToken ct) =>
    [
        new BookChoice(Book.Live, "The real books"),
        .. (await campaigns.All(ct)).Where(c => c.IsSandbox).OrderBy(c => c.Name, StringComparer.CurrentCulture)
            .Select(c => new BookChoice(c.BookId, $"Sandbox of {c.Name}")),
    ];

    private static async Task<IResult> List(HttpContext context, IBillingRuns runs, ICampaigns campaigns, long? book, long? after,
        CancellationToken ct)
    {
        var chosen = book ?? Book.Live;
        var found = after is { } last ? await runs.ListAfter(chosen, last, ListSize + 1, ct) : await runs.List(chosen, emptyToo: false, ListSize + 1, ct);
        return Pages.Show<RunsPage>(new RunsPage.View(chosen, await BookChoices(campaigns, ct), found.Take(ListSize).ToList(),
            await runs.NextRuns(chosen, ct), found.Count > ListSize ? found[ListSize - 1].Id : null, after is null));
    }

    private static async Task<IResult> Show(HttpContext context, long id, IBillingRuns runs, IPeople people, long? after,
        CancellationToken ct)
    {
        var run = await runs.Find(id, ct) ?? throw Refusal.NotFound("billing run");
        var charges = await runs.Charges(id, after ?? 0, PageSize, ct);
        var names = await people.NamesOf(charges.Select(c => c.PatronId).Distinct().ToList(), ct);
        return Pages.Show<RunPage>(new RunPage.View(run, charges, names,
            charges.Count == PageSize ? charges[^1].ChargeId : null));
    }

    private static async Task<IResult> Preview(HttpContext context, IBillingRuns runs, Books books, ICampaigns campaigns, long? book,
        string? date, CancellationToken ct)
    {
        var chosen = book ?? Book.Live;
        var tomorrow = (await books.Now(chosen, ct)).InUtc().Date.PlusDays(1);
        var parsed = NodaTime.Text.LocalDatePattern.Iso.Parse(date ?? "");
        var day = parsed.Success ? parsed.Value : tomorrow.Day == 1 ? tomorrow : tomorrow.PlusMonths(1).With(DateAdjusters.StartOfMonth);
        var message = date is { Length: > 0 } && !parsed.Success ? $"“{date}” is not a date; write it like {Columns.Iso(day)}." : null;
        return Pages.Show<PreviewPage>(new PreviewPage.View(chosen, await BookChoices(campaigns, ct), day, message,
            await runs.Preview(chosen, day, ct)));
    }

    /// <summary>Enqueues what is due; the message pump does the work, so the page can be left.</summary>
    private static async Task<IResult> Start(HttpContext context, IBillingRuns runs, OperatorTrail trail, CancellationToken ct)
    {
        var form = await FormInput.Read(context, ct);
        var book = form.Id("book") ?? Book.Live;
        var opened = await runs.OpenDue(book, ct);
        await trail.Write(context.RequireViewer().Id, "runs.start", $"book {book}: {opened} days", ct);
        context.Flashes(opened == 0 ? "Every billing day up to today has its run."
            : $"{opened} billing days are being run. This page shows how they go.");
        return Pages.SeeOther($"/operator/runs?book={book}");
    }

    private static async Task<IResult> Release(HttpContext context, long id, IBillingRuns runs, OperatorTrail trail, CancellationToken ct)
    {
        var run = await runs.Find(id, ct) ?? throw Refusal.NotFound("billing run");
        await runs.Release(id, ct);
        await trail.Write(context.RequireViewer().Id, "runs.release", $"run {id}: {run.Note}", ct);
        context.Flashes("The run goes on to collect.");
        return Pages.SeeOther($"/operator/runs/{id}");
    }
}

/// <summary>A set of books to look at.</summary>
public sealed record BookChoice(long Id, string Name);
