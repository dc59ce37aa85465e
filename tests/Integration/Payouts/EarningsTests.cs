using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Campaigns.Contracts;
using Stipend.DevTools.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.TestGateway;
using Xunit;

namespace Stipend.Integration.Payouts;

/// <summary>What a creator is told they earned is what the ledger holds for them, to the cent, and nobody else's.</summary>
public sealed class EarningsTests
{
    [Theory, OnEveryEngine]
    public async Task Statement_entries_file_and_dashboard_are_one_sum_and_all_creators_together_are_what_was_taken(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-10");
        var (ada, bob) = (await app.SignUp("ada"), await app.SignUp("bob"));
        var (adas, bobs) = (await app.HasCampaign("adas", ada.Id), await app.HasCampaign("bobs", bob.Id));
        var (small, other) = (await app.HasTier(adas, "Friend", 333), await app.HasTier(bobs, "Friend", 777));
        var patron = app.SomePerson();
        await app.Joins(adas, patron, small);
        await app.Joins(bobs, patron, other); // one patron of both, so that a charge holds lines of two creators
        for (var n = 0; n < 3; n++) await app.Joins(adas, app.SomePerson(), small);
        await app.TravelTo("2026-03-12");

        var owed = 0L;
        foreach (var (person, campaign) in new[] { (ada, adas), (bob, bobs) })
        {
            var creator = await app.OtherBrowser(person); // the first one's session has run out unused
            var balance = (await app.In(s => s.GetRequiredService<ILedger>().CreatorBalance(Book.Live, campaign.Id)))
                .ShouldHaveSingleItem();
            owed += balance.AvailableMinor;
            var available = Euros(balance.AvailableMinor);
            var page = await creator.Open($"/{campaign.Vanity}/earnings");
            foreach (var minor in (long[])[balance.AvailableMinor, balance.EarnedMinor, balance.FeesMinor])
                page.Text.ShouldContain(Euros(minor));
            page.Texts("tbody tr td:last-child").Sum(Minor).ShouldBe(balance.AvailableMinor, "the months add up");
            (await creator.Open("/dashboard")).Text.ShouldContain(available);

            var file = (await creator.Get($"/{campaign.Vanity}/earnings.csv")).Body.Trim().Split("\r\n").Skip(1)
                .Select(l => l.Split(',')).ToList();
            file.Sum(l => Minor(l[3])).ShouldBe(balance.AvailableMinor);
            Minor(file[0][4]).ShouldBe(balance.AvailableMinor, "the newest entry ends at the balance");
            var entries = await creator.Open($"/{campaign.Vanity}/earnings/entries");
            entries.Texts("tbody tr").Count.ShouldBe(Math.Min(50, file.Count));
        }
        var captures = app.Services.GetRequiredService<TestGatewayStore>().Captures();
        captures.Sum(c => c.AmountMinor).ShouldBe((4 * 333 + 777) * 3);
        var rest = (await app.In(s => s.GetRequiredService<ILedger>().Balances(Book.Live)))
            .Where(b => b.Account.Kind == AccountKind.PlatformRevenue).Sum(b => b.BalanceMinor);
        (owed + rest + captures.Sum(c => c.FeeMinor)).ShouldBe(captures.Sum(c => c.AmountMinor));
    }

    [Theory, OnEveryEngine]
    public async Task Nobody_sees_anothers_earnings_and_test_money_is_gone_when_a_page_goes_live(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, eve) = (await app.SignUp("ada"), await app.SignUp("eve"));
        var trial = await app.HasCampaign("adas", ada.Id, sandbox: true);
        await app.HasCampaign("eves", eve.Id);
        var tier = await app.HasTier(trial, "Studio", 1234);
        await app.Joins(trial, app.SomePerson(), tier);
        foreach (var page in new[] { "", "/entries", ".csv" })
        {
            (await eve.Get($"/adas/earnings{page}")).Status.ShouldBe(HttpStatusCode.NotFound);
            (await eve.Get($"/eves/earnings{page}")).Body.ShouldNotContain("12.34");
            (await ada.Get($"/adas/earnings{page}")).Body.ShouldContain("12.34");
        }

        await app.In(s => s.GetRequiredService<ISandboxes>().GoLive(trial.Id, eraseFirst: true));
        foreach (var page in new[] { "/adas/earnings", "/adas/earnings/entries", "/adas/earnings.csv", "/dashboard" })
            (await ada.Get(page)).Body.ShouldNotContain("12.34", Case.Sensitive, page);
        (await app.In(s => s.GetRequiredService<ILedger>().Balances(Book.Live))).ShouldBeEmpty();
        (await eve.Get("/eves/earnings/entries?currency=XXX")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    private static string Euros(long minor) => string.Create(CultureInfo.InvariantCulture, $"€{minor / 100:N0}.{minor % 100:00}");

    /// <summary>An amount with its two decimals, as page and file write it.</summary>
    private static long Minor(string text)
    {
        var digits = long.Parse(string.Concat(text.Where(char.IsAsciiDigit)), CultureInfo.InvariantCulture);
        return text.Contains('−') || text.Contains('-') ? -digits : digits;
    }
}
