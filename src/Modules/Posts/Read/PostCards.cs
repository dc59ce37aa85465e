using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;

namespace Stipend.Posts.Read;

/// <summary>A post in a list. What is closed to the reader is not in it. Compares by value in all its parts: the drawn card is kept under
/// it.</summary>
/// <param name="Text">The excerpt when open; when closed the teaser, or without one the beginning of what stands above the paywall line.</param>
/// <param name="CoverSrc">The first picture, when it is open.</param>
/// <param name="Lock">Why it is closed and what opens it; null when open.</param>
/// <param name="Campaign">Name and address of its campaign, in lists over campaigns.</param>
public sealed record PostCard(
    long Id, string Path, string Title, string Text, string? CoverSrc, Instant At, DateTimeZone Zone, AudienceLabel Audience,
        LockInfo? Lock, CampaignInfo? Campaign);

/// <summary>A page of posts and where the next begins.</summary>
public sealed record PostPage(IReadOnlyList<PostCard> Cards, PostCursor? Next);

/// <summary>Who a post is for, in words: the kind, and the tier's name when it is one or more.</summary>
public sealed record AudienceLabel(AudienceKind Kind, string? Tiers)
{
    public static AudienceLabel Of(Audience audience, IReadOnlyList<TierInfo> tiers) => audience.Kind != AudienceKind.Tiers
        ? new(audience.Kind, null)
        : new(audience.Kind, tiers.Where(t => audience.TierIds.Contains(t.Id)).Select(t => t.Name).ToList() is { Count: > 0 } names
            ? string.Join(", ", names) : null);
}

/// <summary>A tier on sale that opens a post.</summary>
public sealed record Opener(long Id, string Name, Money Price)
{
    internal static Opener? Of(TierInfo? tier, Currency currency) =>
        tier is null ? null : new(tier.Id, tier.Name, new Money(tier.PriceMinor, currency));
}

/// <summary>Why a post is closed to a reader, and the cheapest way to open it.</summary>
/// <param name="Opener">The cheapest tier on sale that opens it; null when the free level does, or none is on sale.</param>
public sealed record LockInfo(AccessReason Reason, AudienceKind Kind, Opener? Opener, BillingModel Model, string Vanity)
{
    public static LockInfo Of(AccessReason reason, Audience audience, CampaignInfo campaign, IReadOnlyList<TierInfo> tiers) =>
        new(reason, audience.Kind, Opener.Of(reason == AccessReason.Backlog ? null : audience.Kind switch // joining again opens no more
        {
            AudienceKind.PaidMembers => tiers.Where(t => !t.IsRetired && t.PriceMinor > 0).MinBy(t => t.PriceMinor),
            AudienceKind.Tiers => tiers.Where(t => !t.IsRetired && audience.TierIds.Contains(t.Id)).MinBy(t => t.PriceMinor),
            _ => null,
        }, campaign.Currency), campaign.Model, campaign.Vanity);

    public string Per => Model == BillingModel.PerCreation ? "post" : "month";

    /// <summary>Where to open it: the tier's checkout, or joining for free; the campaign's tiers when none of its openers is on
    /// sale.</summary>
    public string? Href =>
        Opener is not null ? $"/{Vanity}/join/{Opener.Id}" : Kind == AudienceKind.Members ? $"/{Vanity}/join" : $"/{Vanity}#tiers";

    public string WhyHref => $"/{Vanity}/why";
}
