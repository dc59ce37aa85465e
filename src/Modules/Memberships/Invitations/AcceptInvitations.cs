using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Invitations;

/// <summary>In a sandbox, every invited member confirms at once what they had, with a test card; billing begins for each when what they
/// paid elsewhere ends.</summary>
internal sealed class AcceptInvitations(
    Db db, Ids ids, Books books, ICampaigns campaigns, IGrants grants, IPaymentMethods methods, Outbox outbox, Keeping keeping)
{
    private const int Batch = 500;

    internal async Task<int> Handle(long campaignId, IProgress<int>? progress, CancellationToken ct)
    {
        var campaign = await campaigns.Find(campaignId, ct) ?? throw Refusal.NotFound("campaign");
        if (!campaign.IsSandbox)
            throw Refusal.Conflict("not_a_sandbox",
                "Only a sandbox campaign's invitations can be accepted for its members. Real people confirm themselves.");
        var now = await books.Now(campaign.BookId, ct);
        var done = 0;
        for (var last = 0L; ;)
        {
            var accepted = await Some(campaign, now, last, ct);
            if (accepted.Count == 0) return done;
            done += accepted.Count;
            last = accepted[^1];
            progress?.Report(done);
            db.ChangeTracker.Clear();
        }
    }

    private async Task<List<long>> Some(CampaignInfo campaign, Instant now, long after, CancellationToken ct)
    {
        var waiting = db.Memberships.Where(m => m.CampaignId == campaign.Id && m.BookId == campaign.BookId
            && m.Status == MembershipStatus.Invited
            && m.AmountMinor > 0 && m.Id > after).OrderBy(m => m.Id).Take(Batch);
        var people = await waiting.Select(m => m.PersonId).ToListAsync(ct);
        if (people.Count == 0) return [];
        // talks to the gateway; who has a card keeps it
        await methods.AddTestCards(campaign.BookId, people.ConvertAll(p => (p, CardOf(p))), ct);
        await using var transaction = await db.BeginWrite(ct);
        var invited = await waiting.ToListAsync(ct);
        var opened = new List<NewGrant>();
        foreach (var m in invited)
        {
            var starts = ConfirmInvitation.StartsAt(m, campaign, now);
            m.Status = starts > now ? MembershipStatus.Active : MembershipStatus.Pending;
            m.Version++;
            if (starts > now) opened.Add(Keeping.Grant(m, m.TierId, GrantSource.Import, now, starts + Keeping.CollectionGrace));
            outbox.Enqueue(new StartConfirmed(m.Id), starts, m.BookId);
            db.MembershipEvents.Add(new MembershipEvent
            {
                Id = ids.Next(), BookId = m.BookId, MembershipId = m.Id, PersonId = m.PersonId, CampaignId = m.CampaignId,
                Kind = "confirmed",
                Text = $"Confirmed in the sandbox with a test card{(starts > now ? $", starting {Keeping.Day(starts, campaign)}" : "")}.",
                At = now,
            });
        }
        if (opened.Count > 0) await grants.Open(opened, ct);
        keeping.Tell(campaign.BookId, now, invited.ConvertAll(m =>
            new MembershipChange(m.CampaignId, m.PersonId, MembershipChangeKind.Pledged)));
        await transaction.Commit(ct);
        return invited.ConvertAll(m => m.Id);
    }

    /// <summary>Of forty test cards, one declines, one has no money at first and one asks; which is whose follows from the person's id
    /// alone.</summary>
    internal static string CardOf(long personId) => ((unchecked((ulong)personId * 0x9E37_79B9_7F4A_7C15UL) >> 33) % 40) switch
    {
        0 => "card_declines",
        1 => "card_insufficient_funds_then_pays",
        2 => "card_asks_for_first_confirmation",
        _ => "card_pays",
    };
}
