using System.ComponentModel;
using System.Globalization;
using Stipend.Apps.V2;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Ledger.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;

namespace Stipend.Apps.Own;

// What the API answers with. Ids are texts, because numbers of 63 bits do not survive JavaScript; amounts are minor units (cents) of the currency.

[Description("A part of a list. `next` is what to send as `after` for the part that follows; null at the end.")]
internal sealed record ListPage<T>(IReadOnlyList<T> Items, string? Next);

internal sealed record Me(string Id, string Name, string? Email, DateTimeOffset CreatedAt);

internal sealed record Campaign(string Id, string Vanity, string Name, string Summary, string Currency, bool IsPublished,
    [property: Description("per_creation, monthly_anniversary, monthly_upfront or monthly_arrears")] string Billing)
{
    public static Campaign Of(CampaignInfo c) => new(Text(c.Id), c.Vanity, c.Name, c.Summary, c.CurrencyCode, c.IsPublished, Columns.Of(c.Model));

    internal static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}

internal sealed record Tier(string Id, string Name, string Description, long PriceMinor, int? SeatLimit, bool IsRetired, IReadOnlyList<string> Benefits)
{
    public static Tier Of(TierInfo t) => new(Campaign.Text(t.Id), t.Name, t.Description, t.PriceMinor, t.SeatLimit, t.IsRetired, t.Benefits);
}

internal sealed record Post(string Id, string Title, string Html, DateTimeOffset PublishedAt, string Path,
    [property: Description("It billed the patrons of a per-creation campaign.")] bool IsCharged)
{
    public static Post Of(PublishedPost p) => new(Campaign.Text(p.Id), p.Title, p.Html, p.PublishedAt.ToDateTimeOffset(), p.Path, p.IsCharged);
}

internal sealed record PostToPublish(string Title, [property: Description("Markdown.")] string Text,
    [property: Description("public, members, paid_members or tiers")] string Audience = "public",
    [property: Description("With the audience “tiers”: their ids.")] IReadOnlyList<string>? Tiers = null,
    [property: Description("What everybody may read of it.")] string Teaser = "",
    [property: Description("Bill the patrons of a per-creation campaign.")] bool Charge = false,
    [property: Description("A later time schedules it; without one it is published now.")] DateTimeOffset? PublishAt = null);

internal sealed record PublishedPostId(string Id,
    [property: Description("Whom publishing it bills; null when nobody, and for a scheduled post, which bills when it is published.")] PostCharged? Charged);

[Description("What a published post bills, by the same sum the composer shows before it. It can be taken back on its page until `undoUntil`.")]
internal sealed record PostCharged(int Patrons, long TotalMinor, string Currency, DateTimeOffset UndoUntil);

[Description("What a page has earned, as its earnings page says it.")]
internal sealed record Earnings(IReadOnlyList<EarningsBalance> Balances, IReadOnlyList<EarningsMonth> Months)
{
    public static Earnings Of(IReadOnlyList<CreatorBalance> balances, IReadOnlyList<PendingIncome> pending, IReadOnlyList<CreatorMonth> months) => new(
        balances.Select(b => b.Currency.Code).Union(pending.Select(p => p.Currency)).Select(currency =>
        {
            var (now, waits) = (balances.FirstOrDefault(b => b.Currency.Code == currency), pending.FirstOrDefault(p => p.Currency == currency));
            return new EarningsBalance(currency, now?.AvailableMinor ?? 0, now?.EarnedMinor ?? 0, now?.FeesMinor ?? 0, now?.RefundedMinor ?? 0,
                now?.PaidOutMinor ?? 0, waits?.Minor ?? 0);
        }).ToList(),
        months.Select(m => new EarningsMonth(m.Month, m.Currency.Code, m.EarnedMinor, m.PlatformFeeMinor, m.ProcessingFeeMinor, m.NetMinor)).ToList());
}

internal sealed record EarningsBalance(string Currency, [property: Description("What the site owes you now.")] long AvailableMinor, long EarnedMinor,
    long FeesMinor, long RefundedMinor, long PaidOutMinor, [property: Description("Billed and not settled yet.")] long PendingMinor);

internal sealed record EarningsMonth([property: Description("YYYY-MM")] string Month, string Currency, long EarnedMinor, long PlatformFeeMinor,
    long ProcessingFeeMinor, long NetMinor);

internal sealed record Member(string Id, string PersonId, string? Name, string? Email,
    [property: Description("active_patron, declined_patron, former_patron, or null: never paid")] string? Status,
    [property: Description("Null: the free level, or nothing.")] string? TierId, long EntitledMinor, long NextChargeMinor, DateTimeOffset? NextChargeAt,
    [property: Description("Paid, Pending, Declined, Deleted, or null: never charged")] string? LastCharge, long LifetimeMinor, DateTimeOffset Since)
{
    public static Member Of(MemberInfo m, MemberStanding s, string? name, string? email) => new(MemberId.Of(m.Id), Campaign.Text(m.Now.PersonId), name,
        email, s.PatronStatus, s.Tiers.FirstOrDefault() is { } tier ? Campaign.Text(tier) : null, s.EntitledMinor, s.WillPayMinor,
        s.NextChargeAt?.ToDateTimeOffset(), s.ChargeStatus, s.LifetimeMinor, s.Since.ToDateTimeOffset());
}

internal sealed record Statement(string Id, DateTimeOffset At, long GrossMinor, string Currency,
    [property: Description("paid, declined, action, processing or closed")] string State, string? Reason, IReadOnlyList<StatementLine> Lines)
{
    public static Statement Of(HistoryCharge c) => new(Campaign.Text(c.Id), c.At.ToDateTimeOffset(), c.GrossMinor, c.Currency, c.State, c.Reason,
        c.Lines.Select(l => new StatementLine(Campaign.Text(l.PayeeId), l.Description, l.AmountMinor, l.TaxMinor, l.CoversFrom?.ToDateTimeOffset(),
            l.CoversUntil?.ToDateTimeOffset())).ToList());
}

internal sealed record StatementLine(string CampaignId, string Description, long AmountMinor, long TaxMinor, DateTimeOffset? CoversFrom,
    DateTimeOffset? CoversUntil);

internal sealed record Hit(string Id, string Title, string Path, DateTimeOffset PublishedAt, [property: Description("You may read the whole post.")] bool IsOpen,
    [property: Description("The words around what was found; of a closed post its teaser.")] string Text)
{
    public static Hit Of(FoundPost p) => new(Campaign.Text(p.Id), p.Title, p.Path, p.PublishedAt.ToDateTimeOffset(), p.IsOpen, p.Text);
}
