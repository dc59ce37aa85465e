using System.Globalization;
using System.Text.Json;
using Stipend.Platform.Data;

namespace Stipend.Billing.Collecting;

/// <summary>
/// Counts per card, over all campaigns and methods, the attempts that did not pay, and says which charges of a batch may not be tried now
/// (billing.md case 84). An attempt without an outcome counts as one that will not pay.
/// </summary>
internal sealed class CardTries(Db db)
{
    private static readonly Duration s_kept = CardLimits.Longest * 2;

    /// <summary>The fingerprint of a method whose gateway tells none: a card by itself.</summary>
    public static string Alone(long methodId) => $"method:{methodId.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The cards of a claimed batch with their tries; call inside the transaction that commits the new attempts. Cards without any are
    /// nearly all on a payday and cost one query together.</summary>
    public async Task<CardTally> Of(IReadOnlyList<WorkItem> items, Instant now, CancellationToken ct)
    {
        var methods = string.Join(',', items.Where(i => i.MethodId is not null).Select(i => i.MethodId!.Value).Distinct());
        var tally = new CardTally();
        if (methods.Length == 0) return tally;
        await Read(tally, Tried(methods), now, ct);
        if (tally.IsEmpty) return tally;
        var few = string.Join(',', tally.Methods);
        if (db.Engine == Engine.Postgres) // who counts the same card at once in another process waits, and sees what this one begins
        {
            await db.Execute($"""
                SELECT pg_advisory_xact_lock(hashtextextended(fingerprint, 84))
                FROM (SELECT DISTINCT fingerprint FROM payment_method WHERE id IN ({few}) ORDER BY fingerprint) card
                """, ct);
            tally = new CardTally();
            await Read(tally, Tried(few), now, ct);
        }
        await Read(tally, $"""
            SELECT m.id, m.fingerprint, m.network, a.at FROM payment_method m
            JOIN payment_method o ON o.fingerprint = m.fingerprint
            JOIN charge c ON c.patron_id = o.person_id AND c.book_id = o.book_id
            JOIN due_work w ON w.charge_id = c.id
            JOIN attempt a ON a.charge_id = c.id AND a.method_id = o.id
            LEFT JOIN attempt_result r ON r.charge_id = a.charge_id AND r.n = a.n
            WHERE m.id IN ({few}) AND r.n IS NULL AND a.at > @since
            """, now, ct);
        return tally;
    }

    /// <summary>Attempts that did not pay count from now on. Their cards' tries of long ago are dropped with it.</summary>
    public async Task Count(IReadOnlyList<WorkItem> items, Instant now, CancellationToken ct)
    {
        if (items.Count == 0) return;
        var json = new JsonRows(db.Engine);
        var these = JsonSerializer.Serialize(items.Select(i => new object[] { i.ChargeId, i.Attempt }));
        var attempts = $"""
            (SELECT {json.Number(0)} AS charge_id, {json.Number(1)} AS n FROM {json.From("these")}) i
            JOIN attempt a ON a.charge_id = i.charge_id AND a.n = i.n JOIN payment_method m ON m.id = a.method_id
            """;
        await db.Execute($"""
            INSERT INTO card_try (fingerprint, charge_id, n, at) SELECT m.fingerprint, a.charge_id, a.n, a.at FROM {attempts}
            WHERE 1 = 1 ON CONFLICT DO NOTHING
            """, ct, ("these", these));
        await db.Execute($"DELETE FROM card_try WHERE at < @before AND fingerprint IN (SELECT m.fingerprint FROM {attempts})", ct,
            ("these", these), ("before", now - s_kept));
    }

    private static string Tried(string methods) => $"""
        SELECT m.id, m.fingerprint, m.network, t.at FROM payment_method m
        JOIN card_try t ON t.fingerprint = m.fingerprint AND t.at > @since WHERE m.id IN ({methods})
        """;

    private async Task Read(CardTally tally, string sql, Instant now, CancellationToken ct)
    {
        await using var command = await db.Command(sql, ct, ("since", now - CardLimits.Longest));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            tally.Add(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), Instant.FromUnixTimeMilliseconds(reader.GetInt64(3)));
    }
}

/// <summary>The tries of a batch's cards, those included that the batch itself begins.</summary>
internal sealed class CardTally
{
    private sealed record Card(long First, string Network)
    {
        public List<Instant> Tries { get; } = [];
    }

    private readonly Dictionary<string, Card> _cards = new(StringComparer.Ordinal);
    private readonly Dictionary<long, Card> _byMethod = [];

    public bool IsEmpty => _byMethod.Count == 0;
    public IEnumerable<long> Methods => _byMethod.Keys;

    /// <summary>A try of the card behind a method; two methods of one card tell the same tries, which count once.</summary>
    public void Add(long method, string fingerprint, string network, Instant at)
    {
        if (!_cards.TryGetValue(fingerprint, out var card)) _cards[fingerprint] = card = new Card(method, network);
        _byMethod[method] = card;
        if (card.First == method) card.Tries.Add(at);
    }

    /// <summary>Begins an attempt with a method; answers when it may be begun when that is not now.</summary>
    public Instant? Begin(long method, Instant now)
    {
        if (!_byMethod.TryGetValue(method, out var card)) _byMethod[method] = card = new Card(method, "");
        if (CardLimits.FreeAt(card.Network, card.Tries, now) is { } free) return free;
        card.Tries.Add(now);
        return null;
    }
}
