using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Billing.Model;
using Stipend.Billing.Planning;
using Stipend.Platform.Data;

namespace Stipend.Billing.Agreements;

internal sealed partial class PledgeAgreements
{
    public async Task<PledgeInfo?> Find(long pledgeId, CancellationToken ct = default) =>
        (await FindMany([pledgeId], ct)).GetValueOrDefault(pledgeId);

    public async Task<IReadOnlyDictionary<long, PledgeInfo>> FindMany(IReadOnlyCollection<long> pledgeIds, CancellationToken ct = default)
    {
        var found = new Dictionary<long, PledgeInfo>(pledgeIds.Count);
        foreach (var chunk in pledgeIds.Chunk(500))
        {
            await using var command = await db.Command($"""
                SELECT p.id, p.book_id, p.patron_id, p.payee_id, p.model, v.amount_minor, v.currency, v.cap_posts, v.cap_minor, p.ended_at,
                       {PledgeStore.HasDeclined},
                       (SELECT MAX(l.covers_until) FROM bill_line l WHERE l.pledge_id = p.id
                         AND (l.charge_id IS NULL OR EXISTS (SELECT 1 FROM attempt_result r WHERE r.charge_id = l.charge_id AND r.outcome = 'succeeded'))
                         AND NOT EXISTS (SELECT 1 FROM bill_line_void x WHERE x.pledge_id = l.pledge_id AND x.period_key = l.period_key)),
                       p.anchor_month, p.anchor_day, p.zone_id, b.offset_ms
                FROM pledge p
                JOIN pledge_version v ON v.pledge_id = p.id AND v.seq = (SELECT MAX(seq) FROM pledge_version WHERE pledge_id = p.id)
                JOIN book b ON b.id = p.book_id
                WHERE p.id IN ({string.Join(',', chunk)})
                """, ct);
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var active = reader.IsDBNull(9);
                var anchor = new BillingAnchor((int)(reader.GetInt64(12) / 12), (int)(reader.GetInt64(12) % 12) + 1,
                    (int)reader.GetInt64(13),
                    DateTimeZoneProviders.Tzdb[reader.GetString(14)]);
                var now = clock.Now() + Duration.FromMilliseconds(reader.GetInt64(15));
                found[reader.GetInt64(0)] = new PledgeInfo(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3),
                    Columns.Enum<BillingModel>(reader.GetString(4)), new Money(reader.GetInt64(5), Currency.Of(reader.GetString(6))),
                    new PledgeCap(reader.IsDBNull(7) ? null : (int)reader.GetInt64(7), reader.IsDBNull(8) ? null : reader.GetInt64(8)),
                    active, Truth(reader, 10), reader.IsDBNull(11) ? null : Instant.FromUnixTimeMilliseconds(reader.GetInt64(11)),
                    active ? Periods.NextDue(anchor, now) : null);
            }
        }
        return found;
    }

    public async Task<IReadOnlyList<UpcomingLine>> Upcoming(long bookId, long patronId, CancellationToken ct = default)
    {
        var active = await db.Pledges.AsNoTracking().Where(p => p.BookId == bookId && p.PatronId == patronId && p.EndedAt == null)
            .ToDictionaryAsync(p => p.Id, ct);
        var pledges = await FindMany(active.Keys, ct);
        var now = await books.Now(bookId, ct);
        var pending = await PendingOf(bookId, patronId, ct);
        var names = await NamesOf(bookId, patronId, ct);
        var lines = new List<UpcomingLine>();
        foreach (var pledge in pledges.Values.Where(p => p is { NextOn: not null, IsDeclined: false }))
        {
            var (on, amount) = (pledge.NextOn!.Value, pledge.Amount);
            if (pledge.Model == BillingModel.MonthlyArrears)
                (on, amount) = await NextArrears(active[pledge.Id].Anchor, bookId, patronId, pledge.PayeeId, amount, now, ct);
            if (pledge.Model != BillingModel.PerCreation)
                lines.Add(new UpcomingLine(pledge.Id, pledge.PayeeId, on, amount, UpcomingLine.Monthly, names[pledge.Id]));
            foreach (var (_, title, minor) in pending.Where(p => p.PledgeId == pledge.Id))
                lines.Add(new UpcomingLine(pledge.Id, pledge.PayeeId, pledge.NextOn!.Value,
                    new Money(minor, pledge.Amount.Currency), title, names[pledge.Id]));
        }
        return lines.OrderBy(l => l.On).ToList();
    }

    /// <summary>What each pledge of a patron is for, at its present version.</summary>
    private async Task<Dictionary<long, string>> NamesOf(long bookId, long patronId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT p.id, v.description FROM pledge p
            JOIN pledge_version v ON v.pledge_id = p.id AND v.seq = (SELECT MAX(seq) FROM pledge_version WHERE pledge_id = p.id)
            WHERE p.book_id = @book AND p.patron_id = @patron
            """, ct, ("book", bookId), ("patron", patronId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new Dictionary<long, string>();
        while (await reader.ReadAsync(ct)) found[reader.GetInt64(0)] = reader.GetString(1);
        return found;
    }

    private async Task<List<(long PledgeId, string Title, long Minor)>> PendingOf(long bookId, long patronId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT a.pledge_id, t.title, a.amount_minor FROM pledge p
            JOIN pending_accrual q ON q.pledge_id = p.id
            JOIN accrual a ON a.pledge_id = q.pledge_id AND a.post_id = q.post_id
            JOIN paid_post t ON t.post_id = a.post_id
            WHERE p.book_id = @book AND p.patron_id = @patron ORDER BY a.published_at
            """, ct, ("book", bookId), ("patron", patronId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<(long, string, long)>();
        while (await reader.ReadAsync(ct)) found.Add((reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2)));
        return found;
    }

    private static bool Truth(DbDataReader reader, int column) => reader.GetValue(column) is true or 1L;
}
