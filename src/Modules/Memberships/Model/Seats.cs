using System.Data.Common;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Memberships.Model;

/// <summary>
/// Seats of limited tiers. A seat is a row whose key is (tier, number), so two people cannot have the same one and nobody gets a number
/// above the limit. It is freed only when the membership ends or leaves the tier.
/// </summary>
internal sealed class Seats(Db db)
{
    private const int Tries = 1_000;

    /// <summary>Takes the lowest free seat; a tier without a limit needs none. Having one already is fine.</summary>
    /// <param name="heldUntil">While the first payment is open; null once it is paid.</param>
    /// <exception cref="Refusal"><c>tier_full</c></exception>
    public async Task Take(TierInfo tier, Membership membership, Instant? heldUntil, CancellationToken ct)
    {
        if (tier.SeatLimit is not { } limit) return;
        if (await Has(tier.Id, membership.Id, ct)) return;
        await GiveMissing(tier.Id, membership.BookId, ct);
        for (var i = 0; i < Tries; i++)
        {
            if (await LowestFree(tier.Id, limit, ct) is not { } seat) throw Full(tier);
            if (await db.Execute("""
                INSERT INTO tier_seat (tier_id, seat_no, book_id, membership_id, person_id, held_until)
                VALUES (@tier, @seat, @book, @membership, @person, @held) ON CONFLICT DO NOTHING
                """, ct,
                ("tier", tier.Id), ("seat", seat), ("book", membership.BookId),
                ("membership", membership.Id), ("person", membership.PersonId),
                ("held", heldUntil)) == 1) return;
        }
        throw Full(tier); // somebody took every seat we saw free
    }

    /// <summary>The seat is paid for: no longer only held.</summary>
    public Task Keep(long membershipId, CancellationToken ct) =>
        db.Execute("UPDATE tier_seat SET held_until = NULL WHERE membership_id = @id AND held_until IS NOT NULL", ct, ("id", membershipId));

    /// <summary>Frees every seat of a membership but the one of a tier it stays in.</summary>
    public Task Free(long membershipId, long? exceptTier, CancellationToken ct) =>
        db.Execute("DELETE FROM tier_seat WHERE membership_id = @id AND tier_id <> @keep", ct, ("id", membershipId),
            ("keep", exceptTier ?? 0));

    /// <summary>
    /// Gives seats to members of a tier who have none: those who joined before it had a limit, and imported ones. Their numbers follow the
    /// highest, even above the limit: nobody who is in is thrown out, and nobody new comes in until there is room.
    /// </summary>
    public Task GiveMissing(long tierId, long bookId, CancellationToken ct) => db.Execute("""
        INSERT INTO tier_seat (tier_id, seat_no, book_id, membership_id, person_id, held_until)
        SELECT @tier, (SELECT COALESCE(MAX(seat_no), 0) FROM tier_seat WHERE tier_id = @tier) + ROW_NUMBER() OVER (ORDER BY m.id),
               m.book_id, m.id, m.person_id, NULL
        FROM membership m
        WHERE m.tier_id = @tier AND m.book_id = @book AND m.status IN ('active', 'declined', 'invited')
          AND NOT EXISTS (SELECT 1 FROM tier_seat s WHERE s.membership_id = m.id AND s.tier_id = @tier)
        ON CONFLICT DO NOTHING
        """, ct, ("tier", tierId), ("book", bookId));

    private static Refusal Full(TierInfo tier) =>
        Refusal.Conflict("tier_full",
            $"All {tier.SeatLimit} seats of {tier.Name} are taken. Choose another tier, or come back when a seat is free.");

    private async Task<bool> Has(long tierId, long membershipId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT 1 FROM tier_seat WHERE tier_id = @tier AND membership_id = @id", ct,
            ("tier", tierId), ("id", membershipId));
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    /// <summary>The lowest number without a row: 1, or one above a taken number whose successor is free.</summary>
    private async Task<long?> LowestFree(long tierId, int limit, CancellationToken ct)
    {
        await using DbCommand command = await db.Command("""
            SELECT MIN(n) FROM (
                SELECT 1 AS n WHERE NOT EXISTS (SELECT 1 FROM tier_seat WHERE tier_id = @tier AND seat_no = 1)
                UNION ALL
                SELECT s.seat_no + 1 FROM tier_seat s
                WHERE s.tier_id = @tier AND NOT EXISTS (SELECT 1 FROM tier_seat f WHERE f.tier_id = @tier AND f.seat_no = s.seat_no + 1)
            ) AS free
            WHERE n <= @limit AND (SELECT COUNT(*) FROM tier_seat WHERE tier_id = @tier) < @limit
            """, ct, ("tier", tierId), ("limit", (long)limit));
        return await command.ExecuteScalarAsync(ct) is long seat ? seat : null;
    }
}
