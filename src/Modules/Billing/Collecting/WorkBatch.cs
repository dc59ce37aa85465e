using System.Data.Common;
using Stipend.Billing.Gateways;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Collecting;

/// <summary>What a claimed charge will ask the gateway.</summary>
internal enum StepKind { Send, Lookup, Find, CallOff, NoMethod, NoGateway, Hold, Limited }

/// <summary>Which due work is wanted. <paramref name="Gateway"/> is where the book's new payments go.</summary>
internal sealed record ClaimScope(string Gateway, long? RunId = null, long? OnlyCharge = null, bool OnlyOpenAttempt = false);

/// <summary>
/// A claimed charge with what is needed to go on, and after TX1 the one call to make. A charge stays with the gateway it was begun at, and
/// its method is one of that gateway's.
/// </summary>
internal sealed record WorkItem(
    long ChargeId, long BookId, long? RunId, long PatronId, Currency Currency, long GrossMinor, ChargeKind ChargeKind, string ZoneId,
    WorkKind Kind, Instant DueAt, int Tries, long Token,
    long? MethodId, string? CustomerRef, string? MethodRef, string? IntentId,
    int LastAttempt, bool LastHasResult, string? LastKey, byte[]? LastRequest, Instant? LastSentAt, int Declined, string Gateway,
    string Reference)
{
    /// <summary>The intent was found among payments the books did not know, and is this charge's.</summary>
    public bool IsAdopted { get; init; }

    /// <summary>A payment of the same customer is unexplained, so that nothing new is sent.</summary>
    public bool IsHeld { get; init; }

    public StepKind Step { get; set; }

    /// <summary>Paid by hand: nobody's card is asked, and it takes longer.</summary>
    public bool IsTransfer => Gateway == GatewayNames.Transfer;

    /// <summary>When its card may be tried again, if its network does not allow it now.</summary>
    public Instant? FreeAt { get; set; }
    public bool IsNewAttempt { get; set; }
    public int Attempt { get; set; }
    public string Key { get; set; } = "";
    public byte[] Request { get; set; } = [];
    public GatewayAnswer? Answer { get; set; }
}

/// <summary>What was claimed together, and until when calls may begin.</summary>
internal sealed record WorkBatch(List<WorkItem> Items, Instant MayBeginUntil);

/// <summary>Claims due work by lease; nothing is locked while the gateway is asked.</summary>
internal sealed class WorkQueue(Db db, Clock clock) : ITakeOver
{
    private static readonly Duration s_lease = Duration.FromMinutes(3);

    /// <summary>How long after a claim calls may begin: what is asked last must be heard, 30 s at most, and recorded before the lease runs out.</summary>
    public static readonly Duration MayBegin = s_lease - Duration.FromMinutes(1);

    /// <summary>Claims up to <paramref name="limit"/> open charges of a book that are due, or the one named whatever it waits for; none of
    /// a run that is still being planned or waits for the operator's look. Call inside a write transaction.</summary>
    public async Task<List<WorkItem>> Claim(long bookId, Instant now, ClaimScope scope, int limit, CancellationToken ct)
    {
        var wall = clock.Now();
        // The first so many in the order of the index; not everything that is due, sorted for each batch.
        if (db.Engine == Engine.Postgres) await db.Execute("SET LOCAL enable_sort = off", ct);
        var which = scope.OnlyCharge is not null
            ? "w.charge_id = @only AND w.kind <> 'quarantine'" + (scope.OnlyOpenAttempt ? "" : " AND (w.kind <> 'needs_method' OR w.due_at <= @now)")
            : $"w.due_at <= @now AND w.kind IN ('collect', 'check', 'retry', 'action', 'needs_method'){(scope.RunId is null ? "" : " AND +w.run_id = @run")}";
        await using var command = await db.Command($"""
            SELECT c.id, c.book_id, c.run_id, c.patron_id, c.currency, c.gross_minor, c.kind, c.zone_id, w.kind, w.due_at, w.tries, w.lease_token,
                   COALESCE(m.id, tm.id), COALESCE(m.customer_ref, tm.customer_ref), COALESCE(m.method_ref, tm.method_ref), i.intent_id, a.n, r.n, a.idem_key, a.request, a.sent_at,
                   CASE WHEN w.lease_token = 0 THEN 0
                       ELSE (SELECT COUNT(*) FROM attempt_result d WHERE d.charge_id = c.id AND d.outcome IN ('declined_soft', 'declined_hard', 'expired')) END,
                   COALESCE(i.gateway, am.gateway, m.gateway, @gateway), b.bill_on, c.split
            FROM (SELECT w.* FROM due_work w WHERE w.book_id = @book AND w.lease_until <= @wall AND {which}
                    AND NOT EXISTS (SELECT 1 FROM billing_run h WHERE h.id = w.run_id AND h.state IN ('planning', 'review'))
                  ORDER BY w.due_at LIMIT {limit}{(db.Engine == Engine.Postgres ? " FOR UPDATE SKIP LOCKED" : "")}) w
            JOIN charge c ON c.id = w.charge_id
            LEFT JOIN billing_run b ON b.id = c.run_id
            LEFT JOIN gateway_intent i ON i.charge_id = c.id
            {Last(db.Engine)}
            LEFT JOIN attempt_result r ON r.charge_id = a.charge_id AND r.n = a.n
            LEFT JOIN payment_method am ON am.id = a.method_id AND r.n IS NULL
            LEFT JOIN payment_method m ON m.book_id = c.book_id AND m.person_id = c.patron_id
                AND m.is_default = {(db.Engine == Engine.Sqlite ? "1" : "true")} AND (m.gateway = COALESCE(i.gateway, am.gateway, @gateway)
                     OR (m.gateway = 'transfer' AND COALESCE(i.gateway, am.gateway) IS NULL))
            LEFT JOIN payment_method tm ON tm.id = a.method_id AND i.gateway = 'transfer' -- also when a card has been given since
            {(scope.OnlyOpenAttempt ? "WHERE a.n IS NOT NULL AND r.n IS NULL" : "")}
            """, ct, ("book", bookId), ("now", now), ("wall", wall), ("run", scope.RunId ?? 0), ("only", scope.OnlyCharge ?? 0),
            ("gateway", scope.Gateway));
        var items = new List<WorkItem>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct)) items.Add(Read(reader));
        items.Sort((a, b) => a.ChargeId.CompareTo(b.ChargeId)); // bundles of keys near each other, and one order for all
        if (items.Count > 0) await db.Execute($"UPDATE due_work SET lease_until = @until, lease_token = lease_token + 1 WHERE charge_id IN ({In(items)})", ct,
            ("until", wall + s_lease));
        return items;
    }

    /// <summary>SQL: the last attempt <c>a</c> of charge <c>c</c>. What was never leased was never tried: on a payday nearly everything, and not looked for.</summary>
    private static string Last(Engine engine) => engine == Engine.Postgres
        ? "LEFT JOIN LATERAL (SELECT x.* FROM attempt x WHERE w.lease_token > 0 AND x.charge_id = c.id ORDER BY x.n DESC LIMIT 1) a ON true"
        : "LEFT JOIN attempt a ON w.lease_token > 0 AND a.charge_id = c.id AND a.n = (SELECT MAX(x.n) FROM attempt x WHERE x.charge_id = c.id)";

    /// <summary>The items of a batch whose lease nobody has taken over meanwhile: the answer to another is read by whoever holds it. Call inside a
    /// write transaction, which keeps them until it ends.</summary>
    public async Task<List<WorkItem>> Held(IReadOnlyList<WorkItem> items, CancellationToken ct)
    {
        var tokens = new Dictionary<long, long>(items.Count);
        await using (var command = await db.Command(
            $"SELECT charge_id, lease_token FROM due_work WHERE charge_id IN ({In(items)}){(db.Engine == Engine.Postgres ? " FOR UPDATE" : "")}", ct))
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct)) tokens.Add(reader.GetInt64(0), reader.GetInt64(1));
        return items.Where(i => tokens.TryGetValue(i.ChargeId, out var token) && token == i.Token).ToList();
    }

    /// <summary>Gives back the leases of what is not done with.</summary>
    public Task<int> Release(IReadOnlyList<WorkItem> items, CancellationToken ct) =>
        db.Execute($"UPDATE due_work SET lease_until = 0 WHERE charge_id IN ({In(items)})", ct);

    /// <summary>What a dead process was asking the gateway is asked again at once, with the bytes and the key it had committed.</summary>
    public Task TakeOver(CancellationToken ct) => db.Execute("UPDATE due_work SET lease_until = 0 WHERE lease_until > 0", ct);

    /// <summary>Charge ids for an IN list; numbers of our own, so they need no parameters.</summary>
    public static string In(IEnumerable<WorkItem> items) => string.Join(',', items.Select(i => i.ChargeId));

    /// <summary>How long until the first lease on due work of a book has run out; null when none is held.</summary>
    public async Task<Duration?> LeasedUntil(long bookId, Instant now, CancellationToken ct)
    {
        var wall = clock.Now();
        await using var command = await db.Command(
            "SELECT MIN(lease_until) FROM due_work WHERE book_id = @book AND due_at <= @now AND lease_until > @wall AND kind <> 'quarantine'",
            ct, ("book", bookId), ("now", now), ("wall", wall));
        return await command.ExecuteScalarAsync(ct) is long until
            ? Instant.FromUnixTimeMilliseconds(until) - wall + Duration.FromMilliseconds(1) : null;
    }

    private static WorkItem Read(DbDataReader r) => new(
        r.GetInt64(0), r.GetInt64(1), r.IsDBNull(2) ? null : r.GetInt64(2), r.GetInt64(3), Currency.Of(r.GetString(4)), r.GetInt64(5),
        Columns.Enum<ChargeKind>(r.GetString(6)), r.GetString(7), Columns.Enum<WorkKind>(r.GetString(8)),
            Instant.FromUnixTimeMilliseconds(r.GetInt64(9)),
        (int)r.GetInt64(10), r.GetInt64(11) + 1,
        r.IsDBNull(12) ? null : r.GetInt64(12), r.IsDBNull(13) ? null : r.GetString(13), r.IsDBNull(14) ? null : r.GetString(14),
        r.IsDBNull(15) ? null : r.GetString(15), r.IsDBNull(16) ? 0 : (int)r.GetInt64(16), !r.IsDBNull(17),
        r.IsDBNull(18) ? null : r.GetString(18), r.IsDBNull(19) ? null : r.GetFieldValue<byte[]>(19),
        r.IsDBNull(20) ? null : Instant.FromUnixTimeMilliseconds(r.GetInt64(20)), (int)r.GetInt64(21), r.GetString(22),
        // What the bill is for, the same however often a restored site plans it again.
        r.IsDBNull(23) ? $"{r.GetInt64(1)}:charge:{r.GetInt64(0)}"
            : $"{r.GetInt64(1)}:{r.GetString(7)}:{r.GetString(23)}:{r.GetString(4)}:{r.GetInt64(24)}");
}
