using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Ui;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Operations;

/// <summary>The operator's console says what the books say, of the set of books asked for and no other.</summary>
public sealed class ConsoleTests
{
    [Theory, OnEveryEngine]
    public async Task A_run_is_shown_as_it_was_and_starting_it_again_bills_nobody(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-10");
        var opal = await app.Operator();
        var campaign = await app.HasCampaign("ada", app.SomePerson(), model: BillingModel.MonthlyArrears);
        var tier = await app.HasTier(campaign, "Studio", 500);
        foreach (var card in (string[])["card_pays", "card_pays", "card_declines"])
            await app.Joins(campaign, app.SomePerson(), tier, card);
        (await opal.Open("/operator/runs")).Text.ShouldContain("No run has billed anything yet");
        (await opal.Open("/operator/preview?date=2026-02-01")).Text.ShouldContain("€15.00");
        app.Taken().ShouldBeEmpty("a preview writes nothing");

        await app.TravelTo("2026-02-01");
        var run = (await app.In(s => s.GetRequiredService<IBillingRuns>().List(Book.Live, emptyToo: false, 5))).ShouldHaveSingleItem();
        (await opal.Open("/operator/runs")).Find($"a[href='/operator/runs/{run.Id}']").ShouldNotBeNull();
        var page = await opal.Open($"/operator/runs/{run.Id}");
        page.Texts("tbody td").Take(6).ShouldBe(["€15.00", "€15.00", "€0.00", "€0.00", "€0.00", "Yes, 3 lines"]);
        page.Texts("tbody tr").Count(r => r.Contains("paid") && r.Contains("€5.00")).ShouldBe(2, page.Text);

        var taken = app.Taken();
        taken.ShouldBe([500, 500]);
        var again = await opal.Submit(await opal.Open("/operator/runs"), "form[action='/operator/runs/start']");
        await app.Drain();
        (await opal.Open(again.Location!)).Body.ShouldContain("Every billing day up to today has its run.");
        app.Taken().ShouldBe(taken);
        (await opal.Post($"/operator/runs/{run.Id}/release")).Status.ShouldBe(HttpStatusCode.Conflict, "a run that waits for nobody");
    }

    [Theory, OnEveryEngine]
    public async Task The_real_books_and_each_sandbox_are_looked_at_apart(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var opal = await app.Operator();
        var live = await app.HasCampaign("real", app.SomePerson());
        var sandbox = await app.HasCampaign("trial", app.SomePerson(), sandbox: true);
        await app.Joins(live, app.SomePerson(), await app.HasTier(live, "Studio", 700));
        await app.Joins(sandbox, app.SomePerson(), await app.HasTier(sandbox, "Studio", 900));

        foreach (var (book, own, other, amount, alien) in new[]
        {
            ("", "Real", "Trial", "€7.00", "€9.00"), ($"?book={sandbox.BookId}", "Trial", "Real", "€9.00", "€7.00"),
        })
        {
            var page = await opal.Open("/operator/ledger" + book);
            var rows = page.Texts("tbody tr");
            rows.ShouldContain(r => r.Contains(own) && r.Contains(amount), page.Text);
            rows.ShouldAllBe(r => !r.Contains(other) && !r.Contains(alien));
            var verified = await opal.Submit(page, "form[action='/operator/ledger/verify']");
            verified.Text.ShouldContain("The books are right");
            verified.Texts("tbody tr").ShouldContain(r => r.Contains(own) && r.Contains(amount));
        }
        foreach (var book in new[] { Book.Live, sandbox.BookId })
        {
            var sums = await app.In(s => s.GetRequiredService<ILedger>().Balances(book));
            sums.Sum(b => b.DebitMinor).ShouldBe(sums.Sum(b => b.CreditMinor));
            sums.Where(b => b.Account.Kind == AccountKind.GatewayClearing).Sum(b => b.DebitMinor).ShouldBe(book == Book.Live ? 700 : 900);
        }
    }

    [Theory, OnEveryEngine]
    public async Task Parked_work_goes_on_or_is_given_up_and_the_trail_tells_by_number(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var opal = await app.Operator();
        var lin = await app.SignUp("lin");
        await app.Drain();
        await lin.Post("/sign-in/link", ("email", lin.Email)); // a mail that waits, made to look like one that failed
        await app.In(s => s.GetRequiredService<Db>().Execute(
            "UPDATE message SET status = 'parked', attempts = 9, last_error = 'The mail server said no.' WHERE status = 'pending'"));
        var page = await opal.Open("/operator/messages");
        page.Text.ShouldContain("The mail server said no.");
        page.Body.ShouldNotContain("/sign-in/link/", Case.Sensitive, "what a message carries is not the operator's to read");
        (await opal.Submit(page, "form[action$='/retry']")).Location.ShouldBe("/operator/messages");
        (await app.In(s => s.GetRequiredService<ParkedMessages>().List())).ShouldBeEmpty();
        (await app.Mails(lin.Id)).Count.ShouldBe(2);
        (await opal.Post("/operator/messages/1/discard")).Status.ShouldBe(HttpStatusCode.NotFound);

        (await opal.Open($"/operator/people?q={lin.Email.ToUpperInvariant()}")).Text.ShouldContain(lin.Email);
        (await opal.Open("/operator/people?q=lin")).Text.ShouldContain("Nobody has this address or number");
        var overview = await opal.Open("/operator");
        overview.Text.ShouldContain("messages.retry");
        overview.Text.ShouldNotContain(lin.Email);
    }
}
