using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Invitations;

/// <summary>
/// Writes imported members in bulk: rows, history, grants. Who is a free member here already, or was imported before and has not
/// confirmed, is brought up to date; nobody else who is a member here is touched.
/// </summary>
internal sealed class ImportMembers(Db db, Ids ids, Books books, ICampaigns campaigns, IGrants grants, Keeping keeping, Seats seats)
{
    private static readonly string[] s_columns =
    [
        "id", "book_id", "person_id", "campaign_id", "tier_id", "amount_minor", "status", "started_at", "ended_at", "cap_posts",
        "cap_minor",
        "paid_elsewhere_until", "lifetime_elsewhere_minor", "source_ref", "was_free", "version",
    ];

    private static readonly string[] s_eventColumns = ["id", "book_id", "membership_id", "person_id", "campaign_id", "kind", "text", "at"];

    public async Task Handle(long campaignId, IReadOnlyList<ImportedMembership> imported, CancellationToken ct)
    {
        if (imported.Count == 0) return;
        await using var transaction = await db.BeginWrite(ct);
        var campaign = await campaigns.Find(campaignId, ct) ?? throw Refusal.NotFound("campaign");
        var now = await books.Now(campaign.BookId, ct);
        var people = imported.Select(i => i.PersonId).ToList();
        var standing = await db.Memberships.Where(m => m.BookId == campaign.BookId && m.CampaignId == campaignId
            && people.Contains(m.PersonId)
            && m.Status != MembershipStatus.Ended).ToDictionaryAsync(m => m.PersonId, ct);
        var opened = new List<NewGrant>();
        foreach (var i in imported)
            if (standing.TryGetValue(i.PersonId, out var m)) await Update(m, i, campaign, now, opened, ct);
        await db.SaveChangesAsync(ct);
        await Add(imported.Where(i => !standing.ContainsKey(i.PersonId)).ToList(), campaign, now, opened, ct);
        if (opened.Count > 0) await grants.Open(opened, ct);
        keeping.Tell(campaign.BookId, now, imported.Select(i => new MembershipChange(campaignId, i.PersonId,
            standing.ContainsKey(i.PersonId) ? MembershipChangeKind.Changed : MembershipChangeKind.Joined)).ToList());
        foreach (var tier in (await campaigns.Tiers(campaignId, ct)).Where(t => t.SeatLimit is not null)) await seats.GiveMissing(tier.Id,
            campaign.BookId, ct);
        await transaction.Commit(ct);
    }

    private async Task Add(List<ImportedMembership> imported, CampaignInfo campaign, Instant now, List<NewGrant> opened,
        CancellationToken ct)
    {
        var made = imported.ConvertAll(i => Make(i, campaign, now));
        await using (var writer = await db.BulkInsert("membership", s_columns, ct))
        {
            foreach (var m in made) Write(writer, m);
            await writer.Complete(ct);
        }
        await using (var writer = await db.BulkInsert("membership_event", s_eventColumns, ct))
        {
            for (var n = 0; n < made.Count; n++) WriteEvent(writer, made[n], Story(imported[n], campaign), now);
            await writer.Complete(ct);
        }
        for (var n = 0; n < made.Count; n++)
            if (GrantOf(made[n], imported[n], now) is { } grant) opened.Add(grant);
    }

    private Membership Make(ImportedMembership i, CampaignInfo campaign, Instant now) => new()
    {
        Id = ids.Next(), BookId = campaign.BookId, PersonId = i.PersonId, CampaignId = campaign.Id, TierId = i.TierId,
        AmountMinor = i.AmountMinor,
        Status = i.Status, StartedAt = i.StartedAt ?? now, EndedAt = i.Status == MembershipStatus.Ended ? now : null,
        CapPosts = i.Cap.Posts, CapMinor = i.Cap.AmountMinor, PaidElsewhereUntil = i.AccessUntil, LifetimeElsewhereMinor = i.LifetimeMinor,
        SourceRef = i.SourceRef, Version = 1,
    };

    /// <summary>What was paid elsewhere opens until its date; the free level for free members; nothing for the rest.</summary>
    private static NewGrant? GrantOf(Membership m, ImportedMembership i, Instant now) => i.Status switch
    {
        MembershipStatus.Free => Keeping.Grant(m, null, GrantSource.Free, now, null),
        _ when i.AccessUntil > now => Keeping.Grant(m, m.TierId, GrantSource.Import, now, i.AccessUntil),
        _ => null,
    };

    private async Task Update(Membership m, ImportedMembership i, CampaignInfo campaign, Instant now, List<NewGrant> opened,
        CancellationToken ct)
    {
        if (m.Status is not (MembershipStatus.Free or MembershipStatus.Invited))
            throw new ArgumentException($"Person {i.PersonId} is a member already; importers leave them out.");
        if (m.Status == MembershipStatus.Invited) await keeping.Close(m, now, "imported again", ct); // a free member keeps what is free
        m.Version++;
        m.SourceRef = i.SourceRef;
        m.LifetimeElsewhereMinor = i.LifetimeMinor;
        if (i.Status == MembershipStatus.Ended)
        {
            m.End(now);
            await seats.Free(m.Id, null, ct);
        }
        else
        {
            (m.Status, m.TierId, m.AmountMinor, m.PaidElsewhereUntil) = (i.Status, i.TierId, i.AmountMinor, i.AccessUntil);
            m.SetCap(i.Cap);
            await seats.Free(m.Id, i.TierId, ct);
        }
        if (GrantOf(m, i, now) is { } grant) opened.Add(grant);
        keeping.Note(m, null, "import_updated", Story(i, campaign), now);
    }

    private static string Story(ImportedMembership i, CampaignInfo campaign) => i.Status switch
    {
        MembershipStatus.Free => "Imported as a free member.",
        MembershipStatus.Ended =>
        $"Imported as a former member{(i.AccessUntil is { } open ? $"; paid elsewhere until {Keeping.Day(open, campaign)}" : "")}.",
        _ when i.AccessUntil is { } until =>
            $"Imported with {new Money(i.AmountMinor, campaign.Currency)}; paid elsewhere until {Keeping.Day(until, campaign)}; "
            + "invited to confirm here.",
        _ => $"Imported with {new Money(i.AmountMinor, campaign.Currency)}, whose last payment elsewhere was declined: "
            + "invited, without access until confirmed.",
    };

    private static void Write(BulkWriter w, Membership m)
    {
        w.Int(m.Id);
        w.Int(m.BookId);
        w.Int(m.PersonId);
        w.Int(m.CampaignId);
        w.Int(m.TierId);
        w.Int(m.AmountMinor);
        w.Text(Columns.Of(m.Status));
        w.At(m.StartedAt);
        w.At(m.EndedAt);
        w.Int(m.CapPosts);
        w.Int(m.CapMinor);
        w.At(m.PaidElsewhereUntil);
        w.Int(m.LifetimeElsewhereMinor);
        w.Text(m.SourceRef, nullable: true);
        w.Bool(false);
        w.Int(1);
        w.EndRow();
    }

    private void WriteEvent(BulkWriter w, Membership m, string text, Instant now)
    {
        w.Int(ids.Next());
        w.Int(m.BookId);
        w.Int(m.Id);
        w.Int(m.PersonId);
        w.Int(m.CampaignId);
        w.Text("imported");
        w.Text(text);
        w.At(now);
        w.EndRow();
    }
}
