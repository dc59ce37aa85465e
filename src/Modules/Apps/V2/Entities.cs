using Stipend.Accounts.Contracts;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Posts.Contracts;

namespace Stipend.Apps.V2;

/// <summary>A person, and their own page when they have one that is published.</summary>
internal sealed record UserEntity(PersonInfo Person, CampaignInfo? Page);

/// <summary>A campaign; the text and the count only when they were asked for.</summary>
internal sealed record CampaignEntity(CampaignInfo Info, string About, int Patrons);

/// <summary>A tier, or the free level, which every campaign has and clients know as a tier of its own.</summary>
internal sealed record TierEntity(CampaignInfo Campaign, TierInfo? Tier, int Members, int? SeatsLeft)
{
    public long Id => Tier?.Id ?? FreeId(Campaign.Id);

    /// <summary>The free level's id, made from the campaign's: beyond those that are given out.</summary>
    public static long FreeId(long campaignId) => campaignId | (1L << 62);
}

internal sealed record MemberEntity(MemberInfo Member, MemberStanding Standing, CampaignInfo Campaign, PersonInfo? Person);

internal sealed record PostEntity(PublishedPost Post, CampaignInfo Campaign, Audience Audience, IReadOnlyList<TierInfo> Tiers);

internal sealed record WebhookEntity(Model.Webhook Webhook, CampaignInfo Campaign);

internal sealed record EventEntity(PledgeEvent Event, CampaignInfo Campaign)
{
    public string Id => $"{Platform.Data.Columns.Of(Event.Kind)}:{Event.No}";
}
