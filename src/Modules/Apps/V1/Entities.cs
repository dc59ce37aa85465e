using Stipend.Apps.V2;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;

namespace Stipend.Apps.V1;

/// <summary>A person as version 1 shows them: a creator saw the addresses of their patrons.</summary>
internal sealed record FirstUser(UserEntity User, bool IsMyPatron);

/// <summary>A campaign with what its standing pledges come to.</summary>
internal sealed record FirstCampaign(CampaignEntity Campaign, int Posts, long PledgeSumMinor)
{
    public CampaignInfo Info => Campaign.Info;

    /// <summary>Where the pledges after the first ones are; known when they were asked for and there are more.</summary>
    public string? NextPledges { get; set; }
}

/// <summary>A standing pledge, and the tier it is for.</summary>
internal sealed record FirstPledge(StandingPledge Pledge, CampaignInfo Campaign, long? TierId, PatronFigures? Figures);

/// <summary>A tier as a reward. <see cref="Virtual"/>: −1 is everyone, 0 is every patron; each campaign lists both.</summary>
internal sealed record Reward(CampaignInfo Campaign, TierEntity? Tier, long Virtual)
{
    public long Id => Tier?.Id ?? Virtual;
}
