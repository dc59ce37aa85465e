using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Members;

/// <summary>A creator blocks somebody: their membership ends at once and they cannot join again until unblocked.</summary>
internal sealed class BlockMember(Db db, Books books, IPeople people, Leave.Leave leave)
{
    internal async Task Handle(CampaignInfo campaign, long personId, long actorId, CancellationToken ct)
    {
        if (personId == campaign.OwnerId) throw Refusal.Conflict("own_campaign", "You cannot block yourself.");
        if (await people.Find(personId, ct) is null) throw Refusal.NotFound("person");
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute("""
            INSERT INTO member_block (campaign_id, person_id, book_id, at) VALUES (@campaign, @person, @book, @at) ON CONFLICT DO NOTHING
            """, ct,
            ("campaign", campaign.Id), ("person", personId), ("book", campaign.BookId), ("at", await books.Now(campaign.BookId, ct)));
        if (await db.LiveMembership(campaign.BookId, personId, campaign.Id, ct) is { } m)
            await leave.End(m, campaign, actorId, "blocked by the creator", atOnce: true, ct);
        await transaction.Commit(ct);
    }

    internal Task Undo(CampaignInfo campaign, long personId, CancellationToken ct) => db.Execute(
        "DELETE FROM member_block WHERE campaign_id = @campaign AND person_id = @person AND book_id = @book", ct,
        ("campaign", campaign.Id), ("person", personId), ("book", campaign.BookId));
}
