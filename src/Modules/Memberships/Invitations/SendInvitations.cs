using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Invitations;

/// <summary>The creator invites imported members by mail, each once, when they decide to.</summary>
internal sealed class SendInvitations(Db db, Books books, Ids ids, Outbox outbox)
{
    private const int Batch = 500;

    /// <summary>Queues one mail to each invited person who has had none; answers how many. A sandbox invites nobody: its people are only
    /// copies.</summary>
    internal async Task<int> Handle(CampaignInfo campaign, long actorId, string link, CancellationToken ct)
    {
        if (campaign.IsSandbox)
            throw Refusal.Conflict("sandbox_invites_nobody",
                "This is a sandbox: no mail is sent from it. Accept the invitations with test cards instead.");
        var sent = 0;
        for (var last = 0L; ;)
        {
            await using var transaction = await db.BeginWrite(ct);
            var waiting = await db.Memberships.Where(m => m.CampaignId == campaign.Id && m.BookId == campaign.BookId
                && m.Status == MembershipStatus.Invited
                && m.InvitedAt == null && m.Id > last).OrderBy(m => m.Id).Take(Batch).ToListAsync(ct);
            if (waiting.Count == 0) return sent;
            var now = await books.Now(campaign.BookId, ct);
            foreach (var m in waiting)
            {
                m.InvitedAt = now;
                outbox.Publish(new Platform.Mail.SendMail(m.PersonId, $"{campaign.Name} invites you to its new home",
                    Text(m, campaign, link), "invitation"), m.BookId);
                db.MembershipEvents.Add(new MembershipEvent
                {
                    Id = ids.Next(), BookId = m.BookId, MembershipId = m.Id, PersonId = m.PersonId, CampaignId = m.CampaignId,
                    ActorId = actorId,
                    Kind = "invitation_sent", Text = "An invitation was sent by mail.", At = now,
                });
            }
            await transaction.Commit(ct);
            sent += waiting.Count;
            last = waiting[^1].Id;
            db.ChangeTracker.Clear();
        }
    }

    private static string Text(Membership m, CampaignInfo campaign, string link)
    {
        var had = $"{campaign.Name} has moved here. You were a member with {new Money(m.AmountMinor, campaign.Currency)}";
        var paid = m.PaidElsewhereUntil is { } until
            ? $", paid until {Keeping.Day(until, campaign)}.\nWhat you have paid for is open to you here until then."
            : ".";
        return $"{had}{paid}\nYou are charged nothing here unless you confirm. To confirm or decline:\n\n{link}\n";
    }
}
