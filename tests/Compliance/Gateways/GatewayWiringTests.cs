using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Gateways;
using Stipend.Platform.Data;
using Stipend.TestGateway;
using Xunit;
using static Stipend.Billing.Gateways.GatewayOutcome;

namespace Stipend.Compliance.Gateways;

/// <summary>Where payments go, by configuration; and many payers at once.</summary>
public sealed class GatewayWiringTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stipend-wiring-").FullName;
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task By_default_the_gateway_runs_inside_with_its_own_store_beside_the_data()
    {
        await using var services = Services();
        var gateway = services.GetRequiredService<IPaymentGateway>();
        (await gateway.CreateCustomer(7, "c1", Ct)).Outcome.ShouldBe(Succeeded);
        File.Exists(Path.Combine(_folder, "test-gateway.db")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_configured_address_and_key_reach_a_gateway_elsewhere()
    {
        await using var elsewhere = await new GatewayUnderTest().OnLoopback();
        await using var services = Services(("Stipend:TestGateway:Url", elsewhere.Http.BaseAddress!.ToString()),
            ("Stipend:TestGateway:Key", elsewhere.Records.SecretKey));
        (await services.GetRequiredService<IPaymentGateway>().CreateCustomer(7, "c1", Ct)).Outcome.ShouldBe(Succeeded);
        File.Exists(Path.Combine(_folder, "test-gateway.db")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("gateway.example", "sk", "gateway_url")]
    [InlineData("ftp://gateway.example", "sk", "gateway_url")]
    [InlineData("http://gateway.example", "", "gateway_key")]
    public async Task Wrong_settings_are_told_with_how_to_mend_them(string url, string key, string code)
    {
        await using var services = Services(("Stipend:TestGateway:Url", url), ("Stipend:TestGateway:Key", key));
        Should.Throw<Refusal>(() => services.GetRequiredService<IPaymentGateway>()).Code.ShouldBe(code);
    }

    [Fact]
    public async Task Only_the_real_book_goes_to_Stripe_and_only_with_a_key()
    {
        await using var without = Services();
        without.GetRequiredService<PaymentGateways>().For(Book.Live).Name.ShouldBe("test");
        await using var with = Services(("Stipend:Stripe:SecretKey", "sk_test_1"));
        var gateways = with.GetRequiredService<PaymentGateways>();
        (gateways.For(Book.Live).Name, gateways.For(77).Name, gateways.StripeOf(77)).ShouldBe(("stripe", "test", null));
        gateways.Named("test").ShouldBe(with.GetRequiredService<IPaymentGateway>());
        gateways.Named("paper").ShouldBeNull();
    }

    [Theory]
    [InlineData("pk_live_1", "https://api.stripe.com", "whsec_1", "SecretKey")]
    [InlineData("sk_live_1", "http://api.stripe.example", "whsec_1", "https")]
    [InlineData("sk_live_1", "api.stripe.example", "whsec_1", "https")]
    [InlineData("sk_live_1", "https://api.stripe.com", "sk_live_1", "WebhookSecret")]
    public async Task Settings_that_cannot_be_Stripes_are_told_without_the_secrets(string key, string url, string secret, string says)
    {
        await using var services = Services(("Stipend:Stripe:SecretKey", key), ("Stipend:Stripe:Url", url), ("Stipend:Stripe:WebhookSecret", secret));
        var refusal = Should.Throw<Refusal>(() => services.GetRequiredService<PaymentGateways>());
        (refusal.Code, refusal.Message.Contains(says), refusal.Message.Contains(key)).ShouldBe(("stripe_settings", true, false));
        foreach (var start in services.GetServices<Stipend.Platform.Messaging.IAtStart>())
            (await Should.ThrowAsync<Refusal>(() => start.Start(Ct))).Code.ShouldBe("stripe_settings");
    }

    [Fact]
    public async Task Many_payers_are_made_in_one_call_and_once_for_a_key()
    {
        await using var services = Services();
        var gateway = services.GetRequiredService<IPaymentGateway>();
        var payers = services.GetRequiredService<ITestPayers>();
        var people = Enumerable.Range(1, 1000).Select(i => ((long)i, i % 10 == 0 ? "card_declines_from:2026-03-01" : "card_pays")).ToList();

        var made = (await payers.AddPayers(people, "p1", Ct)).ShouldNotBeNull();
        var again = (await payers.AddPayers(people, "p1", Ct)).ShouldNotBeNull();

        made.Count.ShouldBe(1000);
        made.Select(payer => payer.MethodId).Distinct().Count().ShouldBe(1000);
        again.ShouldBe(made);
        (await Pay(made[9], "2026-03-01")).Outcome.ShouldBe(DeclinedSoft);
        (await Pay(made[10], "2026-03-01")).Outcome.ShouldBe(Succeeded);

        Task<GatewayAnswer> Pay(TestPayer payer, string on) =>
            gateway.Send(gateway.Prepare(new ChargeRequest(payer.PersonId, payer.CustomerId, payer.MethodId,
            new Money(500, Currency.Of("EUR")), NodaTime.Text.LocalDatePattern.Iso.Parse(on).Value)), $"k{payer.PersonId}", Ct);
    }

    [Fact]
    public async Task One_unknown_card_among_many_makes_no_payer_at_all()
    {
        await using var services = Services();
        var payers = services.GetRequiredService<ITestPayers>();
        var error = await Should.ThrowAsync<Refusal>(() => payers.AddPayers([(1, "card_pays"), (2, "card_of_gold")], "p1", Ct));
        error.Message.ShouldContain("card_of_gold");
        var made = (await payers.AddPayers([(1, "card_pays")], "p1", Ct)).ShouldNotBeNull();
        made[0].CustomerId.ShouldEndWith("000000000001");
    }

    [Fact]
    public void Every_card_offered_can_be_had()
    {
        foreach (var (token, _) in TestCard.Named.Select(card => (card.Token, card.Meaning)).Concat(TestCard.Dated))
            TestCard.TryParse(token, out _).ShouldBeTrue(token);
        foreach (var wrong in new[]
            { null, "", "card", "card_pays_until:", "card_pays_until:2026-02-30", "card_pays_until:9999-12-31",
            "card_declines_between:2026-03-02..2026-03-01", "4242" })
            TestCard.TryParse(wrong, out _).ShouldBeFalse(wrong);
    }

    [Fact]
    public void The_page_about_test_cards_lists_every_card_with_its_meaning()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Stipend.slnx"))) root = root.Parent.ShouldNotBeNull();
        var page = File.ReadAllLines(Path.Combine(root.FullName, "docs", "how-to", "test-cards.md"));
        var listed = page.Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ToList();
        listed.ShouldBe([
            .. TestCard.Named.Select(card => $"| `{card.Token}` | {card.Meaning} |"),
            .. TestCard.Dated.Select(card => $"| `{card.Form}` | {card.Meaning} |"),
        ]);
    }

    private ServiceProvider Services(params (string Name, string Value)[] settings) => new ServiceCollection()
        .AddSingleton(new DataOptions { Folder = _folder })
        .AddSingleton(new Clock(TimeProvider.System))
        .AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build())
        .AddGateways()
        .BuildServiceProvider();
}
