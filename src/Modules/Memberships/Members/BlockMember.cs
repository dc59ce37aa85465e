using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Members;

/// <summary>A creator blocks somebody: their membership ends at once and they cannot join again until unblocked.</summary>
internal sealed class BlockMember(Db db, Books books, IPeople people, Leave.Leave leave, Keeping keeping)
{
    internal async Task Handle(CampaignInfo campaign, long personId, long actorId, CancellationToken ct)
    {
        if (personId == campaign.OwnerId) throw Refusal.Conflict("own_campaign", "You cannot block yourself.");
        if (await people.Find(personId, ct) is null) throw Refusal.NotFound("person");
        await using var transaction = await db.BeginWrite(ct);
        var now = await books.Now(campaign.BookId, ct);
        await db.Execute("""
            INSERT INTO member_block (campaign_id, person_id, book_id, at) VALUES (@campaign, @person, @book, @at) ON CONFLICT DO NOTHING
            """, ct,
            ("campaign", campaign.Id), ("person", personId), ("book", campaign.BookId), ("at", now));
        if (await db.LiveMembership(campaign.BookId, personId, campaign.Id, ct) is { } m)
            await leave.End(m, campaign, actorId, "blocked by the creator", atOnce: true, ct);
        else keeping.Tell(campaign.BookId, now, [new MembershipChange(campaign.Id, personId, MembershipChangeKind.Changed)]);
        await transaction.Commit(ct);
    }

    internal async Task Undo(CampaignInfo campaign, long personId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute("DELETE FROM member_block WHERE campaign_id = @campaign AND person_id = @person AND book_id = @book", ct,
            ("campaign", campaign.Id), ("person", personId), ("book", campaign.BookId));
        keeping.Tell(campaign.BookId, await books.Now(campaign.BookId, ct),
            [new MembershipChange(campaign.Id, personId, MembershipChangeKind.Changed)]);
        await transaction.Commit(ct);
    }
}
