using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Campaigns.Contracts;
using Stipend.Campaigns.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Time;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Campaigns;

public sealed class CampaignTests
{
    private static readonly NewCampaign s_ada = new(7, "ada-makes", "Ada makes", "Engines", "EUR", "Europe/Lisbon",
        BillingModel.MonthlyAnniversary, 1, Sandbox: false, Published: true);

    [Theory, OnEveryEngine]
    public async Task A_campaign_is_found_by_id_by_address_and_by_its_owner_alone(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var made = await Create(app, s_ada with { Vanity = "Ada-Makes" });
        made.Vanity.ShouldBe("ada-makes");
        made.IsSandbox.ShouldBeFalse();
        (await app.In(s => s.GetRequiredService<ICampaigns>().Find(made.Id))).ShouldBe(made);
        (await app.In(s => s.GetRequiredService<ICampaigns>().FindByVanity("ADA-makes"))).ShouldBe(made);
        (await app.In(s => s.GetRequiredService<ICampaigns>().FindOwned("ada-makes", 7))).ShouldBe(made);
        (await app.In(s => s.GetRequiredService<ICampaigns>().FindOwned("ada-makes", 8))).ShouldBeNull();
        (await app.In(s => s.GetRequiredService<ICampaigns>().OwnedBy(7))).ShouldBe([made]);
        (await app.In(s => s.GetRequiredService<ICampaigns>().FindMany([made.Id, 5]))).Keys.ShouldBe([made.Id]);
    }

    [Theory, OnEveryEngine]
    public async Task A_sandbox_campaign_has_books_of_its_own_and_can_go_live_and_back(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var made = await Create(app, s_ada with { Sandbox = true });
        made.IsSandbox.ShouldBeTrue();
        (await app.In(s => s.GetRequiredService<Books>().Sandboxes())).ShouldContain(made.BookId);
        await app.In(s => s.GetRequiredService<ICampaigns>().SetBook(made.Id, Book.Live));
        (await app.In(s => s.GetRequiredService<ICampaigns>().Find(made.Id)))!.IsSandbox.ShouldBeFalse();
        (await app.In(s => s.GetRequiredService<ICampaigns>().SandboxOf(made.Id))).ShouldBe(made.BookId);
    }

    [Theory, OnEveryEngine]
    public async Task An_address_is_taken_once_even_when_two_ask_at_the_same_moment(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
        {
            try
            {
                return (await Create(app, s_ada with { OwnerId = i })).Vanity;
            }
            catch (Refusal refusal)
            {
                refusal.Fields.Keys.ShouldBe(["vanity"]);
                return refusal.Code;
            }
        })));
        results.Order().ShouldBe(["ada-makes", .. Enumerable.Repeat("vanity_taken", 5)]);
    }

    [Theory]
    [InlineData("ab"), InlineData("with space"), InlineData("-ada"), InlineData("ada-"), InlineData("ädä"), InlineData("12345"),
        InlineData("sign-in"), InlineData("api")]
    [InlineData("a123456789b123456789c123456789d123456789e")]
    public void An_address_that_cannot_be_is_told_why(string vanity) => CampaignRules.Vanity(vanity).ShouldNotBeNull();

    [Theory]
    [InlineData("Ada Møller’s Studio", "ada-mollers-studio"), InlineData("  Café  Müller! ", "cafe-muller"),
        InlineData("Help", "help-makes"), InlineData("日本", "")]
    public void An_address_is_suggested_from_the_name(string name, string vanity) => CampaignRules.SuggestVanity(name).ShouldBe(vanity);

    [Fact]
    public async Task Every_wrong_field_of_a_campaign_is_named_at_once()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var refusal = await Should.ThrowAsync<Refusal>(() => Create(app,
            s_ada with { Name = " ", Vanity = "x", CurrencyCode = "XXX", ZoneId = "Mars/Olympus", BillDay = 32 }));
        refusal.Fields.Keys.Order().ShouldBe(["bill_day", "currency", "name", "vanity", "zone"]);
    }

    [Theory, OnEveryEngine]
    public async Task Tiers_keep_their_order_and_a_price_that_cannot_be_is_refused_in_one_sentence(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var campaign = await Create(app, s_ada);
        await app.HasTier(campaign, "Studio", 500);
        await app.HasTier(campaign, "Gallery", 1500);
        var tiers = await app.In(s => s.GetRequiredService<ICampaigns>().Tiers(campaign.Id));
        tiers.Select(t => (t.Name, t.PriceMinor, t.PriceVersion, t.Position)).ShouldBe([("Studio", 500L, 1, 1), ("Gallery", 1500L, 1, 2)]);
        (await app.In(s => s.GetRequiredService<ICampaigns>().FindTier(tiers[0].Id)))!.Name.ShouldBe("Studio");
        foreach (var (price, sentence) in new[] { (0L, "costs something"), (-5L, "not negative"), (10_000_001L, "at most 100000.00 EUR") })
            (await Should.ThrowAsync<Refusal>(() => app.HasTier(campaign, "Wrong", price))).Message.ShouldContain(sentence);
        (await Should.ThrowAsync<Refusal>(() => app.HasTier(campaign, "studio", 700))).Code.ShouldBe("tier_name_taken");
    }

    [Theory, OnEveryEngine]
    public async Task A_price_that_was_once_shown_stays_as_it_was(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.HasTier(await Create(app, s_ada), "Studio", 500);
        foreach (var sql in (string[])["UPDATE tier_price SET price_minor = 1", "DELETE FROM tier_price"])
            (await Should.ThrowAsync<Exception>(() => app.In(s => s.GetRequiredService<Db>()
                .Execute(sql)))).Message.ShouldContain("campaigns:");
    }

    [Fact]
    public async Task No_campaign_can_take_an_address_the_site_itself_answers_at()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var segments = app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(e => e.RoutePattern.PathSegments.FirstOrDefault()?.Parts is [RoutePatternLiteralPart literal] ? literal.Content : null)
            .OfType<string>().Concat(Folders()).Distinct().ToList();
        segments.Where(s => CampaignRules.Vanity(s) is null).ShouldBeEmpty("add these words to ReservedNames");
    }

    private static IEnumerable<string> Folders()
    {
        var root = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        return Directory.Exists(root) ? Directory.GetDirectories(root).Select(d => Path.GetFileName(d)) : [];
    }

    private static Task<CampaignInfo> Create(TestApp app, NewCampaign campaign) =>
        app.In(s => s.GetRequiredService<ICampaigns>().Create(campaign));
}
