using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;

namespace Stipend.Memberships.Join;

/// <summary>Who may join what for how much: the refusals every way of joining shares.</summary>
internal sealed class JoinRules(Db db, ICampaigns campaigns)
{
    /// <summary>The largest amount a pledge may have, in major units of its currency.</summary>
    private const long LargestMajor = 1_000_000;
    private const int LargestPostCap = 1_000;

    /// <summary>The campaign, when this person may be its member at all.</summary>
    /// <exception cref="Refusal">No such campaign, or a draft; not published, own campaign, or blocked.</exception>
    public async Task<CampaignInfo> Campaign(long campaignId, long personId, CancellationToken ct)
    {
        var campaign = await campaigns.Find(campaignId, ct) ?? throw Refusal.NotFound("campaign");
        if (campaign.OwnerId == personId)
            throw Refusal.Conflict("own_campaign", "This is your own page; you see everything on it already and cannot pay yourself.");
        if (!campaign.IsPublished && !await db.Memberships.AnyAsync(m => m.PersonId == personId && m.CampaignId == campaignId, ct))
            throw Refusal.NotFound("page"); // a draft exists for its owner, and for whom it has been there already
        if (!campaign.IsPublished)
            throw Refusal.Conflict("campaign_unpublished", $"{campaign.Name} is not published yet. Joining opens when it is.");
        if (await db.MemberBlocks.AnyAsync(b => b.CampaignId == campaignId && b.PersonId == personId, ct))
            throw Refusal.Forbidden(
                $"{campaign.Name} does not accept you as a member. If you think that is a mistake, write to the creator.");
        return campaign;
    }

    /// <summary>A tier that can be joined now.</summary>
    /// <exception cref="Refusal">Of another campaign, or retired.</exception>
    public async Task<TierInfo> Tier(CampaignInfo campaign, long tierId, CancellationToken ct)
    {
        if (await campaigns.FindTier(tierId, ct) is not { } tier
            || tier.CampaignId != campaign.Id) throw Refusal.NotFound("tier on this page");
        if (tier.IsRetired) throw Refusal.Conflict("tier_retired", $"{tier.Name} is no longer offered. Choose another tier.");
        return tier;
    }

    /// <summary>The amount to pledge: the tier's price, or more when the person wants to give more.</summary>
    /// <exception cref="Refusal">Below the price, zero, or more than can be billed.</exception>
    public static Money Amount(CampaignInfo campaign, TierInfo tier, long? amountMinor)
    {
        var price = new Money(tier.PriceMinor, campaign.Currency);
        var amount = new Money(amountMinor ?? tier.PriceMinor, campaign.Currency);
        if (amount.Minor <= 0) throw Refusal.InvalidField("amount", "A paid membership needs an amount. To pay nothing, join for free.");
        if (amount < price) throw Refusal.InvalidField("amount",
            $"{tier.Name} costs at least {price}. Give that or more, or choose another tier.");
        if (amount.Minor > LargestMajor * campaign.Currency.MinorPerMajor)
            throw Refusal.InvalidField("amount",
                $"At most {new Money(LargestMajor * campaign.Currency.MinorPerMajor, campaign.Currency)}.");
        return amount;
    }

    /// <summary>A cap that can work with an amount; none for campaigns that do not bill per creation.</summary>
    /// <exception cref="Refusal">No post would fit under it, or it is out of range.</exception>
    public static PledgeCap Cap(BillingModel model, Money amount, PledgeCap cap)
    {
        if (model != BillingModel.PerCreation) return PledgeCap.None;
        if (cap.Posts is { } posts && posts is < 1 or > LargestPostCap)
            throw Refusal.InvalidField("cap_posts", $"A number of posts from 1 to {LargestPostCap}, or nothing for no limit.");
        if (cap.AmountMinor is { } most && most < amount.Minor)
            throw Refusal.InvalidField("cap_amount", $"At least {amount}, the price of one post, or nothing for no limit.");
        return cap;
    }

    /// <summary>A membership that stands in the way of joining.</summary>
    /// <exception cref="Refusal">Each says where to go instead.</exception>
    public static void RefuseStanding(Membership? m)
    {
        switch (m)
        {
            case { Status: MembershipStatus.Active, EndsAt: null }:
                throw Refusal.Conflict("already_member",
                    "You already support this creator. Change tier or amount on your membership's page.");
            case { Status: MembershipStatus.Declined }:
                throw Refusal.Conflict("payment_declined",
                    "Your last payment here was declined. Pay it on your membership's page; then everything is as it was.");
            case { Status: MembershipStatus.Pending }:
                throw Refusal.Conflict("payment_open", "Your payment here is not finished. Finish or cancel it on your membership's page.");
            case { Status: MembershipStatus.Invited }:
                throw Refusal.Conflict("invited",
                    "You were a member elsewhere and are invited here. Confirm or decline it on your membership's page.");
        }
    }
}
