using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Billing.Contracts;
using Stipend.Billing.PaymentMethods;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.Billing.Pages;

/// <summary>The patron's money pages: history with what is to come, receipts, ways to pay, trying again. Each shows only the viewer's
/// own.</summary>
internal static class BillingPages
{
    private const int PageSize = 25;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/billing", History).RequireSignIn();
        app.MapGet("/billing/receipts/{chargeId:long}", Receipt).RequireSignIn();
        app.MapPost("/billing/retry/{chargeId:long}", Retry).RequireSignIn();
        app.MapGet("/billing/confirmed/{chargeId:long}", Confirmed).RequireSignIn();
        app.MapGet("/billing/cards", Cards).RequireSignIn();
        app.MapPost("/billing/cards", AddCard).RequireSignIn();
        app.MapPost("/billing/transfers/use", UseTransfers).RequireSignIn();
        app.MapPost("/billing/cards/new", BeginSaving).RequireSignIn();
        app.MapGet(StripeCards.SavedPath, Saved).RequireSignIn();
    }

    private static async Task<IResult> History(HttpContext context, IBillingHistory history, IAgreements agreements, BillingBookList books,
        long? before, CancellationToken ct)
    {
        var viewer = context.RequireViewer();
        var charges = await history.OfPatron(viewer.Id, before ?? long.MaxValue, PageSize, ct);
        var upcoming = new List<UpcomingLine>();
        foreach (var book in await books.Of(viewer.Id, ct)) upcoming.AddRange(await agreements.Upcoming(book, viewer.Id, ct));
        return Platform.Http.Pages.Show<HistoryPage>(new HistoryPage.View(charges, upcoming.OrderBy(l => l.On).ToList(),
            charges.Count == PageSize ? charges[^1].Id : null));
    }

    private static async Task<IResult> Receipt(HttpContext context, long chargeId, IBillingHistory history, CancellationToken ct)
    {
        var viewer = context.RequireViewer();
        var charge = await history.Find(chargeId, viewer.Id, ct) ?? throw Refusal.NotFound("receipt");
        return Platform.Http.Pages.Show<ReceiptPage>(new ReceiptPage.View(charge, viewer.Name));
    }

    private static async Task<IResult> Retry(HttpContext context, long chargeId, IBillingHistory history, ICollecting collecting,
        CancellationToken ct)
    {
        var viewer = context.RequireViewer();
        var charge = await history.Find(chargeId, viewer.Id, ct) ?? throw Refusal.NotFound("charge");
        if (charge.State == "declined" && charge.NextTryAt is null)
            throw Refusal.Conflict("card_refused",
                "This card was refused for good. Choose another one under Payment methods; the bill is then tried at once.");
        var result = await collecting.Collect(chargeId, ct);
        if (result is { Outcome: CollectOutcome.ActionNeeded, ActionUrl: { } url }) return Results.Redirect(url);
        context.Flashes(result.Outcome == CollectOutcome.Paid ? "Paid. Thank you!" : result.Message ?? "The payment is being processed.");
        return Platform.Http.Pages.SeeOther("/billing");
    }

    /// <summary>Where the gateway sends the payer after its confirmation page.</summary>
    private static async Task<IResult> Confirmed(HttpContext context, long chargeId, IBillingHistory history, ICollecting collecting,
        CancellationToken ct)
    {
        var viewer = context.RequireViewer();
        _ = await history.Find(chargeId, viewer.Id, ct) ?? throw Refusal.NotFound("charge");
        var result = await collecting.Collect(chargeId, ct);
        context.Flashes(result.Outcome == CollectOutcome.Paid ? "Paid. Thank you!" : result.Message ?? "The payment is being processed.");
        return Platform.Http.Pages.SeeOther("/billing");
    }

    private static Task<IResult> Cards(HttpContext context, IPaymentMethods methods, BillingBookList books, CancellationToken ct) =>
        ShowCards(context, methods, books, FormState.Empty, ct);

    private static Task<IResult> AddCard(HttpContext context, IPaymentMethods methods, BillingBookList books, CancellationToken ct) =>
        FormInput.Submit(context, async form =>
        {
            var viewer = context.RequireViewer();
            var token = form.Required("card");
            form.Check();
            var test = (await BooksOf(viewer.Id, books, ct)).Where(book => !methods.SavesElsewhere(book)).ToList();
            if (test.Count == 0) throw Refusal.InvalidField("card", "Test cards pay in sandboxes only, and you pay for nothing in one.");
            foreach (var book in test) await methods.Add(book, viewer.Id, token, ct);
            context.Flashes("Your card is changed. Open bills are tried again now.");
            return Platform.Http.Pages.SeeOther(Platform.Http.Pages.Local(form.Raw("return"), "/billing"));
        }, again => ShowCards(context, methods, books, again, ct));

    private static async Task<IResult> UseTransfers(HttpContext context, IPaymentMethods methods, CancellationToken ct)
    {
        var form = await FormInput.Read(context, ct);
        await methods.Add(Book.Live, context.RequireViewer().Id, IPaymentMethods.Transfer, ct);
        context.Flashes("From now on you pay by bank transfer.");
        return Platform.Http.Pages.SeeOther(Platform.Http.Pages.Local(form.Raw("return"), "/billing"));
    }

    /// <summary>Off to the page of the payment provider, where the card is typed.</summary>
    private static Task<IResult> BeginSaving(HttpContext context, IPaymentMethods methods, BillingBookList books, CancellationToken ct) =>
        FormInput.Submit(context, async form =>
        {
            var path = Platform.Http.Pages.Local(form.Raw("return"), "/billing");
            return Platform.Http.Pages.SeeOther(await methods.BeginSaving(Book.Live, context.RequireViewer().Id, path, ct));
        }, again => ShowCards(context, methods, books, again, ct));

    /// <summary>Back from it, with a card or without.</summary>
    private static async Task<IResult> Saved(HttpContext context, StripeCards cards, CancellationToken ct)
    {
        var session = context.Request.Query["session"].ToString();
        if (session.Length > 0) context.Flashes(await cards.Finish(session, context.RequireViewer().Id, ct)
            ? "Your card is saved. Open bills are tried again now."
            : "No card was saved.");
        return Platform.Http.Pages.SeeOther(Platform.Http.Pages.Local(context.Request.Query["return"], "/billing"));
    }

    private static async Task<List<long>> BooksOf(long personId, BillingBookList books, CancellationToken ct) =>
        await books.Of(personId, ct) is { Count: > 0 } all ? all : [Book.Live];

    private static async Task<IResult> ShowCards(HttpContext context, IPaymentMethods methods, BillingBookList books, FormState form,
        CancellationToken ct)
    {
        var viewer = context.RequireViewer();
        var rows = new List<CardsPage.Row>();
        var pays = await books.PaysFor(viewer.Id, ct);
        foreach (var book in await books.Of(viewer.Id, ct))
            if (await methods.Default(book, viewer.Id, ct) is { } method)
                rows.Add(new CardsPage.Row(method, pays[book].ToList(), book != Book.Live));
        var all = await BooksOf(viewer.Id, books, ct);
        var choices = all.Any(book => !methods.SavesElsewhere(book)) ? methods.TestCards : [];
        return Platform.Http.Pages.Show<CardsPage>(new CardsPage.View(rows, choices, methods.SavesElsewhere(Book.Live), methods.TakesTransfers(Book.Live), form,
            Platform.Http.Pages.Local(context.Request.Query["return"], "/billing")));
    }
}
