using Microsoft.Extensions.DependencyInjection;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.DevTools.Contracts;
using Stipend.DevTools.Model;
using Stipend.Platform.Time;

namespace Stipend.DevTools.Demo;

/// <summary>Fills a site with a seeded world through the modules' contracts, so that everything in it came about as it would have on a
/// real one.</summary>
internal sealed class DemoWorld(ICampaigns campaigns, IPeople people, Books books, Standings standings, IServiceScopeFactory scopes,
    TimeTravel travel) : IDemo
{
    private const string OperatorEmail = "operator@example.com", CreatorEmail = "creator@example.com", MemberEmail = "member@example.com";

    public async Task<DemoReport> Fill(DemoOrder order, IProgress<string>? progress = null, CancellationToken ct = default)
    {
        await Check(order, ct);
        var random = new SeededRandom(order.Seed);
        var password = DemoNames.Password(random);
        progress?.Report("Accounts");
        _ = await people.Add(new NewAccount(OperatorEmail, "Opal Reyes", password, IsOperator: true), ct);
        var creator = await people.Add(new NewAccount(CreatorEmail, "Lea Fontaine", password), ct);
        var member = await people.Add(new NewAccount(MemberEmail, "Mika Lund", password), ct);
        var made = order.Size == DemoSize.Large
            ? [await new DemoCrowd(scopes).Fill(creator, member, progress, ct)]
            : await Small(random, password, creator, member, progress, ct);
        var report = new List<DemoCampaign>();
        foreach (var id in made) report.Add(await Describe(id, ct));
        return new DemoReport(
            [new("Operator", OperatorEmail, password), new("Creator", CreatorEmail, password), new("Member", MemberEmail, password)],
            report);
    }

    private async Task Check(DemoOrder order, CancellationToken ct)
    {
        if (await people.FindByEmail(OperatorEmail, ct) is not null || await people.FindByEmail(CreatorEmail, ct) is not null)
            throw Refusal.Conflict("demo_exists", "The demo is in this data folder already. Choose an empty folder with --data DIR.");
        if (!order.Force && await people.Any(ct))
            throw Refusal.Conflict("folder_not_empty",
                "This data folder has people in it already. Choose an empty one with --data DIR, or add the demo to it with --force.");
    }

    private async Task<List<long>> Small(SeededRandom random, string password, long creator, long member, IProgress<string>? progress,
        CancellationToken ct)
    {
        var made = new List<long>();
        foreach (var page in DemoCreator.All)
        {
            var owner = page.OwnerEmail == CreatorEmail ? creator
                : await people.Add(new NewAccount(page.OwnerEmail, page.Owner, password), ct);
            var campaign = await Open(page, owner, ct);
            made.Add(campaign.Id);
            await new DemoStory(page, campaign, member, random, scopes, travel).Play(progress, ct);
        }
        return made;
    }

    private async Task<CampaignInfo> Open(DemoCreator page, long owner, CancellationToken ct)
    {
        var campaign = await campaigns.Create(new NewCampaign(owner, page.Vanity, page.Name, page.Summary, page.CurrencyCode, page.ZoneId,
            page.Model, page.BillDay,
            Sandbox: true, Published: true) { About = page.About, Accent = page.Accent }, ct);
        foreach (var tier in page.Tiers)
            await campaigns.AddTier(new NewTier(campaign.Id, tier.Name, tier.Description, tier.Benefits, tier.PriceMinor, tier.Seats), ct);
        return campaign;
    }

    private async Task<DemoCampaign> Describe(long campaignId, CancellationToken ct)
    {
        var campaign = await campaigns.Find(campaignId, ct) ?? throw Refusal.NotFound("campaign");
        var standing = await standings.Of(campaign, ct);
        return new DemoCampaign(campaign.Vanity, campaign.Name, campaign.Model, campaign.CurrencyCode, await books.Now(campaign.BookId, ct),
            standing.Members.Paid, standing.Members.Declined, standing.Money);
    }
}
