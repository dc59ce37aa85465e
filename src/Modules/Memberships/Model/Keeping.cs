using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;

namespace Stipend.Memberships.Model;

/// <summary>What each change of a membership leaves behind: a line of history, grants opened and ended, a mail.</summary>
internal sealed class Keeping(Db db, Ids ids, IGrants grants, Outbox outbox)
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

    public void Mail(Membership m, string subject, string text, string kind) =>
        outbox.Publish(new SendMail(m.PersonId, subject, text, kind), m.BookId);

    /// <summary>“€5.00” is for pages; history and mails, which have no reader's culture, say “5.00 EUR per month”.</summary>
    public static string Price(Money amount, BillingModel model) =>
        $"{amount} {(model == BillingModel.PerCreation ? "per post" : "per month")}";

    public static string Day(Instant at, CampaignInfo campaign) => Day(at.InZone(campaign.Zone).Date);

    public static string Day(LocalDate date) => date.ToString("d MMMM yyyy", System.Globalization.CultureInfo.InvariantCulture);
}
