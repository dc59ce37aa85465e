using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using Stipend.Billing.Contracts;
using Stipend.Billing.Planning;
using Stipend.Platform.Data;

namespace Stipend.Billing.Figures;

/// <summary>Pledges, lines and charges of many patrons, summed up.</summary>
internal sealed class PatronFigureReading(Db db, Clock clock) : IPatronFigures
{
    /// <summary>How a charge <c>c</c> stands: its last attempt, what it waits for, and whether it was given up.</summary>
    private const string Standing = """
        (SELECT r.outcome FROM attempt_result r WHERE r.charge_id = c.id AND r.outcome = 'succeeded'),
        (SELECT w.kind FROM due_work w WHERE w.charge_id = c.id), (SELECT w.due_at FROM due_work w WHERE w.charge_id = c.id),
        (SELECT MAX(a.at) FROM attempt a WHERE a.charge_id = c.id), c.created_at
        """;

    /// <summary>Lines <c>l</c> of the pledges <c>p</c> with the charge they ended on: their own, or a later one they were rolled
    /// into.</summary>
    private const string Lines = """
        pledge p JOIN bill_line l ON l.pledge_id = p.id
        LEFT JOIN bill_line_rolled x ON x.pledge_id = l.pledge_id AND x.period_key = l.period_key
        """;

    public async Task<IReadOnlyDictionary<PatronKey, PatronFigures>> Of(IReadOnlyCollection<long> payeeIds,
        IReadOnlyCollection<long> patronIds, CancellationToken ct)
    {
        var found = new Dictionary<PatronKey, PatronFigures>(patronIds.Count);
        if (payeeIds.Count == 0 || patronIds.Count == 0) return found;
        await foreach (var r in Rows($"""
            SELECT {Key}, p.started_at, p.ended_at, p.anchor_month, p.anchor_day, p.zone_id, b.offset_ms
            FROM pledge p JOIN book b ON b.id = p.book_id WHERE {Whose(payeeIds, patronIds)} ORDER BY p.id
            """, ct))
        {
            var anchor = new BillingAnchor((int)(r.GetInt64(5) / 12), (int)(r.GetInt64(5) % 12) + 1, (int)r.GetInt64(6),
                DateTimeZoneProviders.Tzdb[r.GetString(7)]);
            var now = clock.Now() + Duration.FromMilliseconds(r.GetInt64(8));
            Instant? next = r.IsDBNull(4) ? BillingAnchor.StartOfDay(Periods.NextDue(anchor, now), anchor.Zone) : null;
            found[KeyOf(r)] = new PatronFigures(0, At(r, 3), next, LastCharge.None, null, null);
        }
        await foreach (var r in Rows($"""
            SELECT s.book_id, s.payee_id, s.patron_id, s.paid, {Standing} FROM (
                SELECT {Key}, MAX(CASE WHEN EXISTS ({Counts}) THEN COALESCE(l.charge_id, x.charge_id) END) AS last,
                       SUM(CASE WHEN EXISTS (SELECT 1 FROM attempt_result r WHERE r.charge_id = COALESCE(l.charge_id, x.charge_id)
                                             AND r.outcome = 'succeeded') THEN l.amount_minor ELSE 0 END) AS paid
                FROM {Lines} WHERE {Whose(payeeIds, patronIds)} GROUP BY {Key}) s
            JOIN charge c ON c.id = s.last
            """, ct))
            found[KeyOf(r)] = found[KeyOf(r)] with
            {
                PaidMinor = Whole(r, 3), Last = StandingOf(r, 4), LastAt = r.IsDBNull(7) ? At(r, 8) : At(r, 7),
                RetryAt = !r.IsDBNull(5) && r.GetString(5) == "retry" ? At(r, 6) : null,
            };
        return found;
    }

    /// <summary>An upgrade that was not paid changes nothing: the member stands as they did.</summary>
    private const string Counts = """
        SELECT 1 FROM charge k WHERE k.id = COALESCE(l.charge_id, x.charge_id) AND (k.kind <> 'upgrade'
            OR EXISTS (SELECT 1 FROM attempt_result r WHERE r.charge_id = k.id AND r.outcome = 'succeeded'))
        """;

    public async Task<IReadOnlyList<PledgeEvent>> History(IReadOnlyCollection<long> payeeIds, IReadOnlyCollection<long> patronIds,
        CancellationToken ct)
    {
        var events = new List<PledgeEvent>();
        if (payeeIds.Count == 0 || patronIds.Count == 0) return events;
        var amounts = new Dictionary<long, long>();
        await foreach (var r in Rows($"""
            SELECT {Key}, p.id, v.no, v.seq, v.amount_minor, v.currency, v.at, p.ended_no
            FROM pledge p JOIN pledge_version v ON v.pledge_id = p.id WHERE {Whose(payeeIds, patronIds)} ORDER BY v.no
            """, ct))
        {
            var (pledge, no, minor) = (r.GetInt64(3), r.GetInt64(4), r.GetInt64(6));
            PledgeEventKind? kind = r.GetInt64(5) == 1 ? PledgeEventKind.PledgeStart
                : !r.IsDBNull(9) && r.GetInt64(9) == no ? PledgeEventKind.PledgeDelete
                : minor > amounts[pledge] ? PledgeEventKind.PledgeUpgrade
                : minor < amounts[pledge] ? PledgeEventKind.PledgeDowngrade : null; // a new cap alone is neither
            amounts[pledge] = minor;
            if (kind is { } happened)
                events.Add(new PledgeEvent(no.ToString(CultureInfo.InvariantCulture), happened, KeyOf(r), At(r, 8), minor, r.GetString(7),
                    LastCharge.None));
        }
        await foreach (var r in Rows($"""
            SELECT s.book_id, s.payee_id, s.patron_id, s.currency, s.minor, {Standing}, c.id, s.pledge FROM (
                SELECT {Key}, p.id AS pledge, l.currency, COALESCE(l.charge_id, x.charge_id) AS charge, SUM(l.amount_minor) AS minor
                FROM {Lines} WHERE {Whose(payeeIds, patronIds)} GROUP BY {Key}, p.id, l.currency, COALESCE(l.charge_id, x.charge_id)) s
            JOIN charge c ON c.id = s.charge
            """, ct))
            events.Add(new PledgeEvent($"{r.GetInt64(10)}{r.GetInt64(11)}", PledgeEventKind.Subscription, KeyOf(r),
                r.IsDBNull(8) ? At(r, 9) : At(r, 8), Whole(r, 4), r.GetString(3), StandingOf(r, 5)));
        return events.OrderBy(e => e.At).ToList();
    }

    private static LastCharge StandingOf(DbDataReader r, int column) =>
        !r.IsDBNull(column) ? LastCharge.Paid
        : r.IsDBNull(column + 1) ? LastCharge.GivenUp
        : r.GetString(column + 1) is "retry" or "needs_method" ? LastCharge.Declined : LastCharge.Pending;

    private const string Key = "p.book_id, p.payee_id, p.patron_id";

    private static PatronKey KeyOf(DbDataReader r) => new(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2));

    private static string Whose(IReadOnlyCollection<long> payeeIds, IReadOnlyCollection<long> patronIds) =>
        $"p.payee_id IN ({string.Join(',', payeeIds)}) AND p.patron_id IN ({string.Join(',', patronIds)})";

    private async IAsyncEnumerable<DbDataReader> Rows(string sql, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = await db.Command(sql, ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) yield return reader;
    }

    private static long Whole(DbDataReader r, int column) => Convert.ToInt64(r.GetValue(column), CultureInfo.InvariantCulture);
    private static Instant At(DbDataReader r, int column) => Instant.FromUnixTimeMilliseconds(r.GetInt64(column));
}
