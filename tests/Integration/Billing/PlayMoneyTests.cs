using Shouldly;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Billing.World;

namespace Stipend.Integration.Billing;

/// <summary>A site that went live after it had been tried out in its real books owes money that nobody ever took.</summary>
public sealed class PlayMoneyTests
{
    [Theory, OnEveryEngine]
    public async Task The_doctor_tells_of_test_payments_in_real_books_once_real_ones_are_taken(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        (await Doctor(app)).ShouldNotContain("payments of the test gateway");
        await new World(app).Start(1, 10, BillingModel.MonthlyUpfront, Eur(500));
        (await Doctor(app)).ShouldContain("payments of the test gateway");
    }

    private static async Task<string> Doctor(TestApp app) => (await Cli.Run(
        [("Stipend__Stripe__SecretKey", "sk_live_nobodys"), ("Stipend__Stripe__WebhookSecret", "whsec_nobodys"),
            ("Stipend__Site__PublicUrl", "https://club.example.net")],
        ["doctor", "--data", app.DataFolder, .. app.Database is { } database ? (string[])["--database", database] : []])).Output;
}
