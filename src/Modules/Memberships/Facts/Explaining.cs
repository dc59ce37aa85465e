using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Facts;

/// <summary>The history of a person's memberships of a campaign and of what was paid for them, as facts of “why can't I see
/// this?”.</summary>
internal sealed class MembershipFacts(Db db, IBillingHistory billing) : IExplains
{
    public async Task<IReadOnlyList<ExplainedFact>> FactsOf(long personId, CampaignInfo campaign, CancellationToken ct)
    {
        var history = await db.MembershipEvents.AsNoTracking()
            .Where(e => e.PersonId == personId && e.CampaignId == campaign.Id && e.BookId == campaign.BookId)
            .OrderBy(e => e.At).ThenBy(e => e.Id).Select(e => new ExplainedFact(e.At, e.Text)).ToListAsync(ct);
        var paid = await billing.FactsOf(campaign.BookId, personId, campaign.Id, ct);
        return [.. history.Concat(paid.Select(f => new ExplainedFact(f.At, f.Text))).OrderBy(f => f.At)];
    }
}

/// <summary>Closing an account ends its memberships at once; what was pending is settled by the run.</summary>
internal sealed class MembershipsBeforeClose(Db db, ICampaigns campaigns, Leave.Leave leave) : IBeforeAccountCloses
{
    public async Task BeforeClose(long personId, CancellationToken ct)
    {
        var live = await db.Memberships.Where(m => m.PersonId == personId && m.Status != MembershipStatus.Ended).ToListAsync(ct);
        foreach (var m in live)
            if (await campaigns.Find(m.CampaignId, ct) is { } campaign) await leave.End(m, campaign, personId, "the account was closed",
                atOnce: true, ct);
        await db.SaveChangesAsync(ct);
    }
}

/// <summary>Erases a sandbox's memberships.</summary>
internal sealed class ErasesMemberships(Db db) : IErasesBook
{
    public int Order => 20;

    public async Task Erase(long bookId, CancellationToken ct)
    {
        foreach (var table in (string[])["tier_seat", "membership_event", "membership", "member_block"])
            await db.Execute($"DELETE FROM {table} WHERE book_id = @book", ct, ("book", bookId));
    }
}
