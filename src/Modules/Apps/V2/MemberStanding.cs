using Stipend.Billing.Contracts;
using Stipend.Memberships.Contracts;

namespace Stipend.Apps.V2;

/// <summary>
/// Where a member stands in the words of clients. Pure. What is closed here is entitled to nothing, whatever the word for it: a first
/// payment on its way opens nothing, and neither does a declined one.
/// </summary>
/// <param name="Tiers">Open tiers, the paid one first; null stands for the free level.</param>
internal sealed record MemberStanding(string? PatronStatus, string? ChargeStatus, Instant? ChargedAt, long EntitledMinor,
    IReadOnlyList<long?> Tiers, int? Cadence, Instant? NextChargeAt, long WillPayMinor, long LifetimeMinor, Instant Since)
{
    public static MemberStanding Of(MemberInfo member, PatronFigures? figures, Instant now)
    {
        var m = member.Now;
        var isOpen = m.Status == MembershipStatus.Active || m.Status == MembershipStatus.Invited && m.PaidElsewhereUntil > now;
        var lifetime = (figures?.PaidMinor ?? 0) + member.LifetimeElsewhereMinor;
        var hasPaid = lifetime > 0 || m.PledgeId is not null && member.Model is BillingModel.PerCreation or BillingModel.MonthlyArrears;
        return new MemberStanding(
            isOpen ? "active_patron" : m.Status == MembershipStatus.Declined ? "declined_patron" : hasPaid ? "former_patron" : null,
            ChargeStatus: member.IsBlocked && figures is { Last: not LastCharge.None } ? "Deleted" : Words(figures?.Last),
            ChargedAt: figures?.LastAt,
            EntitledMinor: isOpen ? m.AmountMinor : 0,
            Tiers: isOpen ? m.TierId is null ? [null] : [m.TierId, null] : member.HasFreeLevel ? [null] : [],
            Cadence: m.Status != MembershipStatus.Free && (m.PledgeId is not null || m.PaidElsewhereUntil is not null) ? 1 : null,
            NextChargeAt: m.Status switch
            {
                MembershipStatus.Active => m.EndsAt ?? (m.PledgeId is null ? m.PaidElsewhereUntil : figures?.NextOn),
                MembershipStatus.Declined => figures?.RetryAt,
                _ => null,
            },
            WillPayMinor: m switch
            {
                { Status: MembershipStatus.Active, EndsAt: null } => member.NextAmountMinor ?? m.AmountMinor,
                { Status: MembershipStatus.Declined or MembershipStatus.Pending } => m.AmountMinor,
                _ => 0,
            },
            LifetimeMinor: lifetime,
            Since: m.SourceRef is null && m.PledgeId is not null && figures?.PledgedAt is { } pledged ? pledged : m.StartedAt);
    }

    public static string? Words(LastCharge? charge) => charge switch
    {
        null or LastCharge.None => null, LastCharge.Paid => "Paid", LastCharge.Pending => "Pending", _ => "Declined",
    };
}
