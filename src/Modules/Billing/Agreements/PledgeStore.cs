using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Model;
using Stipend.Platform.Data;

namespace Stipend.Billing.Agreements;

/// <summary>Reads and writes the small facts about single pledges that the agreement slices share.</summary>
internal sealed class PledgeStore(Db db)
{
    /// <summary>
    /// Held by every change of a pledge until its transaction ends; a run that opens takes it alone for a moment, so that no change
    /// numbered
    /// before its cut-off can still be in flight. SQLite has one writer and needs none.
    /// </summary>
    public async Task EnterGate(long bookId, bool alone, CancellationToken ct)
    {
        if (db.Engine == Engine.Sqlite) return;
        await db.Execute($"SELECT pg_advisory_xact_lock{(alone ? "" : "_shared")}(hashtextextended('billing-gate', @book))", ct,
            ("book", bookId));
    }

    /// <summary>The number of the last change of any pledge: the cut-off of a run that opens now.</summary>
    public async Task<long> LastChange(CancellationToken ct)
    {
        await using var command = await db.Command("SELECT COALESCE(MAX(no), 0) FROM pledge_version", ct);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public async Task<Pledge> Active(long pledgeId, CancellationToken ct) =>
        await db.Pledges.FirstOrDefaultAsync(p => p.Id == pledgeId && p.EndedAt == null, ct)
        ?? throw Refusal.Conflict("pledge_ended", "This pledge has ended. Join again to go on.");

    public async Task<PledgeVersion> Current(long pledgeId, CancellationToken ct) =>
        await db.PledgeVersions.AsNoTracking().Where(v => v.PledgeId == pledgeId).OrderByDescending(v => v.Seq).FirstAsync(ct);

    /// <summary>The version that counts at an instant; a change planned for later does not count yet.</summary>
    public async Task<PledgeVersion> InForce(long pledgeId, Instant at, CancellationToken ct) =>
        await db.PledgeVersions.AsNoTracking().Where(v => v.PledgeId == pledgeId && v.AppliesFrom <= at)
            .OrderByDescending(v => v.Seq).FirstOrDefaultAsync(ct) ?? await Current(pledgeId, ct);

    /// <summary>The state of the run of a billing day; null when it has not been opened, or is held before its planning.</summary>
    public async Task<RunState?> RunOf(Pledge pledge, LocalDate billOn, CancellationToken ct) =>
        await db.BillingRuns.AsNoTracking().Where(r => r.BookId == pledge.BookId && r.ZoneId == pledge.ZoneId && r.BillOn == billOn
                && (r.State != RunState.Review || r.PlannedAt != null))
            .Select(r => (RunState?)r.State).FirstOrDefaultAsync(ct);

    /// <summary>Appends a version; answers its number in the order of all changes. A race for the same seq is a duplicate.</summary>
    public async Task<long> Append(long pledgeId, int seq, Instant at, Instant appliesFrom, Money amount, PledgeCap cap,
        string description, CancellationToken ct)
    {
        await using var command = await db.Command("""
            INSERT INTO pledge_version (pledge_id, seq, at, applies_from, amount_minor, currency, cap_posts, cap_minor, description)
            VALUES (@pledge, @seq, @at, @from, @amount, @currency, @cap_posts, @cap_minor, @description) RETURNING no
            """, ct, ("pledge", pledgeId), ("seq", (long)seq), ("at", at), ("from", appliesFrom), ("amount", amount.Minor), ("currency", amount.Currency.Code),
            ("cap_posts", (long?)cap.Posts), ("cap_minor", cap.AmountMinor), ("description", description));
        try
        {
            return (long)(await command.ExecuteScalarAsync(ct))!;
        }
        catch (System.Data.Common.DbException error) when (error.IsDuplicate)
        {
            throw Refusal.Conflict("changed_meanwhile",
                "This pledge was just changed in another tab. Look at it again and repeat the change.");
        }
    }

    /// <summary>SQL: line <c>l</c> is paid, or owed in a larger charge it waits for.</summary>
    public const string IsPaid = """
        (EXISTS (SELECT 1 FROM attempt_result r WHERE r.charge_id = l.charge_id AND r.outcome = 'succeeded')
         OR EXISTS (SELECT 1 FROM deferred_line d WHERE d.pledge_id = l.pledge_id AND d.period_key = l.period_key)
         OR EXISTS (SELECT 1 FROM bill_line_rolled x JOIN attempt_result r ON r.charge_id = x.charge_id AND r.outcome = 'succeeded'
                    WHERE x.pledge_id = l.pledge_id AND x.period_key = l.period_key))
        """;

    /// <summary>What a patron has paid a payee for the interval around an instant, and until when it reaches; over all pledges, ended
    /// ones too.</summary>
    public Task<(long PaidMinor, Instant? Until)> PaidAround(long bookId, long patronId, long payeeId, string currency, Instant at,
        CancellationToken ct) =>
        Paid("l.covers_from <= @at AND l.covers_until > @at", bookId, patronId, payeeId, currency, at, at, ct);

    /// <summary>What a patron has paid a payee for time that begins within a period; over all pledges, ended ones too.</summary>
    public async Task<long> PaidWithin(long bookId, long patronId, long payeeId, string currency, Instant from, Instant until,
        CancellationToken ct) =>
        (await Paid("l.covers_from >= @at AND l.covers_from < @until", bookId, patronId, payeeId, currency, from, until, ct)).PaidMinor;

    private async Task<(long PaidMinor, Instant? Until)> Paid(string covers, long bookId, long patronId, long payeeId, string currency,
        Instant at, Instant until, CancellationToken ct)
    {
        await using var command = await db.Command($"""
            SELECT SUM(l.amount_minor), MAX(l.covers_until) FROM bill_line l
            JOIN pledge p ON p.id = l.pledge_id
            WHERE p.book_id = @book AND p.patron_id = @patron AND p.payee_id = @payee AND l.currency = @currency
              AND {covers} AND {IsPaid}
            """, ct, ("book", bookId), ("patron", patronId), ("payee", payeeId), ("currency", currency), ("at", at), ("until", until));
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return await reader.IsDBNullAsync(1, ct)
            ? (0, null)
            : (Convert.ToInt64(reader.GetValue(0), System.Globalization.CultureInfo.InvariantCulture),
                Instant.FromUnixTimeMilliseconds(reader.GetInt64(1)));
    }

    /// <summary>The end of what a pledge's paid lines cover; null when nothing is paid.</summary>
    public async Task<Instant?> PaidUntil(long pledgeId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT MAX(l.covers_until) FROM bill_line l WHERE l.pledge_id = @pledge
              AND (l.charge_id IS NULL OR EXISTS (SELECT 1 FROM attempt_result r WHERE r.charge_id = l.charge_id AND r.outcome = 'succeeded'))
              AND NOT EXISTS (SELECT 1 FROM bill_line_void v WHERE v.pledge_id = l.pledge_id AND v.period_key = l.period_key)
            """, ct, ("pledge", pledgeId));
        return await command.ExecuteScalarAsync(ct) is long until ? Instant.FromUnixTimeMilliseconds(until) : null;
    }

    /// <summary>Whether any charge of a patron for a payee is open, of ended pledges too: whoever left with one and came back would
    /// otherwise pay the same time twice when it is collected after all.</summary>
    public Task<bool> HasOpenChargeTo(long bookId, long patronId, long payeeId, CancellationToken ct) =>
        Any("p.book_id = @book AND p.patron_id = @patron AND p.payee_id = @payee AND " + HasOpen(), ct,
            ("book", bookId), ("patron", patronId), ("payee", payeeId));

    /// <summary>Whether a declined charge for this pledge waits to be paid.</summary>
    public Task<bool> IsDeclined(long pledgeId, CancellationToken ct) => Any("p.id = @pledge AND " + HasDeclined, ct, ("pledge", pledgeId));

    /// <summary>Whether a charge for this pledge is open in any way.</summary>
    public Task<bool> HasOpenCharge(long pledgeId, CancellationToken ct) => Any("p.id = @pledge AND " + HasOpen(), ct, ("pledge", pledgeId));

    /// <summary>SQL: pledge <c>p</c> has a line in a declined bill that waits to be paid.</summary>
    public static readonly string HasDeclined = HasOpen("AND w.kind IN ('retry', 'needs_method')");

    /// <summary>SQL: pledge <c>p</c> has a line in an open charge: its own, or a later one that it was rolled into.</summary>
    private static string HasOpen(string also = "") => $"""
        (EXISTS (SELECT 1 FROM bill_line l JOIN due_work w ON w.charge_id = l.charge_id WHERE l.pledge_id = p.id {also})
         OR EXISTS (SELECT 1 FROM bill_line_rolled x JOIN due_work w ON w.charge_id = x.charge_id WHERE x.pledge_id = p.id {also}))
        """;

    private async Task<bool> Any(string where, CancellationToken ct, params (string, object?)[] parameters)
    {
        await using var command = await db.Command($"SELECT 1 FROM pledge p WHERE {where} LIMIT 1", ct, parameters);
        return await command.ExecuteScalarAsync(ct) is not null;
    }
}
