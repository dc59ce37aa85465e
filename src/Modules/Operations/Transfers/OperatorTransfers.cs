using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Accounts.Contracts;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.Operations.Transfers;

/// <summary>What is waited for by transfer, and recording what came.</summary>
internal static class OperatorTransfers
{
    private const int PageSize = 100;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/operator/transfers", List).RequireOperator();
        app.MapPost("/operator/transfers/{chargeId:long}", Record).RequireOperator();
    }

    private static Task<IResult> List(string? after, ITransfers transfers, IPeople people, Clock clock, CancellationToken ct) =>
        Show(after, transfers, people, clock, null, ct);

    private static async Task<IResult> Show(string? after, ITransfers transfers, IPeople people, Clock clock, string? problem, CancellationToken ct)
    {
        var from = PageKey.Parse(after, PageKey.Oldest);
        var (open, next) = PageKey.Page(await transfers.Open(from, PageSize + 1, ct), PageSize, t => t.Key);
        var names = await people.NamesOf(open.Select(t => t.PatronId).Distinct().ToList(), ct);
        return Pages.Show<TransfersPage>(new TransfersPage.View(open, names, clock.Now().InUtc().Date,
            problem, transfers.AreTaken(Book.Live), next, from == PageKey.Oldest));
    }

    private static Task<IResult> Record(HttpContext context, long chargeId, ITransfers transfers, IPeople people, OperatorTrail trail, Clock clock,
        CancellationToken ct) => FormInput.Submit(context, async form =>
    {
        var received = form.Amount("amount", Currency.Of(form.Required("currency", 3)));
        var on = NodaTime.Text.LocalDatePattern.Iso.Parse(form.Raw("on"));
        form.Check();
        if (!on.Success || on.Value > clock.Now().InUtc().Date.PlusDays(1)) throw Refusal.InvalidField("on", "Give the day the money arrived, not one to come.");
        var operatorId = context.RequireViewer().Id;
        var ended = await transfers.Record(chargeId, received!.Value.Minor, on.Value, operatorId, ct);
        await trail.Write(operatorId, "transfers.record", $"charge {chargeId}: {received} on {Columns.Iso(on.Value)}", ct);
        if (ended.Outcome == CollectOutcome.Paid) context.Flashes("Recorded; the bill is paid.");
        else context.Flashes("Recorded, but it is not what was asked for: the bill is in quarantine until you have dealt with it.", Tone.Warning);
        return Pages.SeeOther("/operator/transfers");
    }, again => Show(null, transfers, people, clock, again.Errors.Values.FirstOrDefault() ?? again.Message, ct));
}
