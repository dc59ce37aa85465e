using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;

namespace Stipend.Memberships.Model;

/// <summary>What each change of a membership leaves behind: a line of history, grants opened and ended, a mail, a word to whoever listens.</summary>
internal sealed class Keeping(Db db, Ids ids, IGrants grants, Outbox outbox, IPatronFigures figures)
{
    /// <summary>The cause every grant of a membership names; its ref is the membership's id.</summary>
    public const string Cause = "membership";

    /// <summary>How long a paid period stays open while the next one is being collected.</summary>
    public static readonly Duration CollectionGrace = Duration.FromDays(2);

    public void Note(Membership m, long? actorId, string kind, string text, Instant at) => db.MembershipEvents.Add(new MembershipEvent
    {
        Id = ids.Next(), BookId = m.BookId, MembershipId = m.Id, PersonId = m.PersonId, CampaignId = m.CampaignId,
        ActorId = actorId, Kind = kind, Text = text, At = at,
    });

    public Task Open(Membership m, long? tierId, GrantSource source, Instant from, Instant? until, CancellationToken ct) =>
        grants.Open([Grant(m, tierId, source, from, until)], ct);

    public static NewGrant Grant(Membership m, long? tierId, GrantSource source, Instant from, Instant? until) =>
        new(m.BookId, m.PersonId, m.CampaignId, tierId, source, from, until, Cause, m.Id);

    /// <summary>Ends everything the membership opened, from an instant on.</summary>
    public Task Close(Membership m, Instant at, string reason, CancellationToken ct) => grants.End(m.BookId, Cause, m.Id, at, reason, ct);

    /// <summary>Tells whoever listens what became of a membership; what happened first comes first.</summary>
    public void Tell(Membership m, Instant at, params IReadOnlyList<MembershipChangeKind> kinds) =>
        Tell(m.BookId, at, kinds.Select(kind => new MembershipChange(m.CampaignId, m.PersonId, kind)).ToList());

    /// <summary>Tells of many changes in one message. One partition per book keeps every person's changes in their order.</summary>
    public void Tell(long bookId, Instant at, IReadOnlyList<MembershipChange> changes)
    {
        if (changes.Count > 0) outbox.Publish(new MembershipsChanged(bookId, at, changes), bookId, "memberships");
    }

    /// <summary>Whether a person has ever paid a campaign, here or before they were imported; who is billed afterwards counts as
    /// paying.</summary>
    public async Task<bool> HasPaid(long bookId, long personId, long campaignId, CancellationToken ct) =>
        await db.Memberships.AnyAsync(m => m.BookId == bookId && m.PersonId == personId && m.CampaignId == campaignId
            && (m.LifetimeElsewhereMinor > 0 || (m.PledgeId != null
                && (m.Model == BillingModel.PerCreation || m.Model == BillingModel.MonthlyArrears))), ct)
        || (await figures.Of([campaignId], [personId], ct)).GetValueOrDefault(new PatronKey(bookId, campaignId, personId)) is { PaidMinor: > 0 };

    public void Mail(Membership m, string subject, string text, string kind) =>
        outbox.Publish(new SendMail(m.PersonId, subject, text, kind), m.BookId);

    /// <summary>“€5.00” is for pages; history and mails, which have no reader's culture, say “5.00 EUR per month”.</summary>
    public static string Price(Money amount, BillingModel model) =>
        $"{amount} {(model == BillingModel.PerCreation ? "per post" : "per month")}";

    public static string Day(Instant at, CampaignInfo campaign) => Day(at.InZone(campaign.Zone).Date);

    public static string Day(LocalDate date) => date.ToString("d MMMM yyyy", System.Globalization.CultureInfo.InvariantCulture);
}
