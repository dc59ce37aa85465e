using Microsoft.Extensions.DependencyInjection;
using Stipend.Campaigns.Contracts;

namespace Stipend.Support;

/// <summary>What a test needs to stand on, made through the contracts a program would use.</summary>
public sealed partial class TestApp
{
    private long _people = 1000;

    /// <summary>An id no account has; enough where only ownership matters.</summary>
    public long SomePerson() => Interlocked.Increment(ref _people);

    /// <summary>A campaign in the real books (or its own sandbox) in euros, billed on the anniversary.</summary>
    public Task<CampaignInfo> HasCampaign(string vanity, long ownerId, bool sandbox = false, bool published = true, string currency = "EUR",
        BillingModel model = BillingModel.MonthlyAnniversary, int billDay = 1, string zone = "Europe/Lisbon") =>
        In(services => services.GetRequiredService<ICampaigns>().Create(new NewCampaign(
            ownerId, vanity, $"{char.ToUpperInvariant(vanity[0])}{vanity[1..]}", "Makes things", currency, zone, model, billDay, sandbox,
            published)));

    /// <summary>A tier of a campaign.</summary>
    public Task<TierInfo> HasTier(CampaignInfo campaign, string name, long priceMinor) =>
        In(services => services.GetRequiredService<ICampaigns>().AddTier(campaign.Id, name, "", priceMinor));
}
