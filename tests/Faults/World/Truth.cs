using System.Data.Common;
using System.Globalization;
using Stipend.TestGateway;

namespace Stipend.Faults.World;

/// <summary>
/// Reads the gateway's own store and the site's tables, separately from the system, and says what is wrong: each sentence of the answer is
/// a payment made twice, forgotten, of another amount, or not in the books.
/// </summary>
internal static class Truth
{
    /// <summary>Patrons from here on were put in by a test, and are its own to check.</summary>
    public const long FirstOddPatron = 900_000;

    /// <summary>The id of the run, in SQL.</summary>
    private const string Run = $"(SELECT id FROM billing_run WHERE bill_on = '{Template.BillOn}')";

    private sealed record Charge(long Id, long Patron, long Gross, string Currency, bool IsPaid, string? Work, string? Closed, long Declines);

    /// <summary>Everything about the run, once it is over.</summary>
    public static async Task<Found> Check(Site site)
    {
        using var gateway = new TestGatewayStore(site.GatewayFile);
        var captures = gateway.Captures().ToLookup(c => long.Parse(c.ChargeId!, CultureInfo.InvariantCulture));
        var charges = await site.Rows($"""
            SELECT c.id, c.patron_id, c.gross_minor, c.currency,
              (SELECT COUNT(*) FROM attempt_result r WHERE r.charge_id = c.id AND r.outcome = 'succeeded'),
              (SELECT w.kind FROM due_work w WHERE w.charge_id = c.id), (SELECT x.kind FROM charge_closed x WHERE x.charge_id = c.id),
              (SELECT COUNT(*) FROM attempt_result r WHERE r.charge_id = c.id AND r.outcome <> 'succeeded' AND r.outcome <> 'not_found')
            FROM charge c WHERE c.run_id = {Run} ORDER BY c.id
            """, r => new Charge(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetString(3), r.GetInt64(4) == 1, Text(r, 5), Text(r, 6), r.GetInt64(7)));
        var wrong = new List<string>();
        foreach (var charge in charges) wrong.AddRange(Of(charge, captures[charge.Id].ToList()));
        var known = charges.Select(c => c.Id).ToHashSet();
        wrong.AddRange(captures.Where(c => !known.Contains(c.Key)).Select(c => $"the gateway took money for {c.Key}, which is no charge"));
        wrong.AddRange(await Lines(site));
        wrong.AddRange(await Books(site, captures));
        wrong.AddRange(await site.Rows("SELECT topic, COALESCE(last_error, '') FROM message WHERE status = 'parked'", r => $"{r.GetString(0)} is parked: {r.GetString(1)}"));
        wrong.AddRange(await site.Rows($"SELECT bill_on, state FROM billing_run WHERE bill_on = '{Template.BillOn}' AND state <> 'closed'",
            r => $"the run of {r.GetString(0)} is {r.GetString(1)}"));
        return new Found(charges.Count, captures.Sum(c => c.Count()), wrong);
    }

    private static IEnumerable<string> Of(Charge charge, List<Capture> captures)
    {
        var name = $"charge {charge.Id} of patron {charge.Patron}";
        if (Template.Declines(charge.Patron))
        {
            if (captures.Count > 0 || charge.IsPaid) yield return $"{name} was declined by its bank and paid";
            if (charge.Work is not ("retry" or "needs_method") && charge.Closed is null) yield return $"{name} was declined and is {charge.Work ?? "nothing"}";
            yield break;
        }
        if (captures.Count != 1) yield return $"{name} was captured {captures.Count} times";
        if (captures.Any(c => c.AmountMinor != charge.Gross || !c.Currency.Equals(charge.Currency, StringComparison.OrdinalIgnoreCase)))
            yield return $"{name} is {charge.Gross} {charge.Currency}, captured {string.Join(", ", captures.Select(c => $"{c.AmountMinor} {c.Currency}"))}";
        if (charge.Declines > 0) yield return $"{name} counts {charge.Declines} declines, and its bank said none";
        if (!charge.IsPaid) yield return $"{name} is not paid here, but {charge.Work ?? charge.Closed ?? "nothing"}";
        if (charge.Work is not null || charge.Closed is not null) yield return $"{name} is paid and {charge.Work ?? charge.Closed}";
    }

    /// <summary>Every pledge has exactly one line for January, of its amount, and its charge is the sum of its lines.</summary>
    private static async Task<List<string>> Lines(Site site)
    {
        var wrong = await site.Rows($"""
            SELECT p.id, p.patron_id, (SELECT COUNT(*) FROM bill_line l WHERE l.pledge_id = p.id AND l.run_id = {Run}),
              (SELECT COUNT(*) FROM bill_line l WHERE l.pledge_id = p.id AND l.period_key = '{Template.Period}' AND l.amount_minor = v.amount_minor)
            FROM pledge p JOIN pledge_version v ON v.pledge_id = p.id AND v.seq = 1
            WHERE p.patron_id < {FirstOddPatron}
            """, r => r.GetInt64(2) == 1 && r.GetInt64(3) == 1 ? null : $"pledge {r.GetInt64(0)} of patron {r.GetInt64(1)} has {r.GetInt64(2)} lines, {r.GetInt64(3)} of them right");
        var sums = await site.Rows($"""
            SELECT c.id, c.gross_minor, COALESCE((SELECT SUM(l.amount_minor) FROM bill_line l WHERE l.charge_id = c.id), 0)
            FROM charge c WHERE c.run_id = {Run}
            """, r => r.GetInt64(1) == Whole(r, 2) ? null : $"charge {r.GetInt64(0)} is {r.GetInt64(1)}, its lines {Whole(r, 2)}");
        return [.. wrong.Concat(sums).OfType<string>()];
    }

    /// <summary>The clearing account is what the gateway took less what it kept, one journal per capture; and every cent has two sides.</summary>
    private static async Task<List<string>> Books(Site site, ILookup<long, Capture> captures)
    {
        var transfers = await site.Rows("""
            SELECT d.kind, c.kind, t.amount_minor FROM transfer t JOIN account d ON d.id = t.debit_account_id JOIN account c ON c.id = t.credit_account_id
            """, r => (Debit: r.GetString(0), Credit: r.GetString(1), Minor: r.GetInt64(2)));
        var clearing = transfers.Sum(t => t.Debit == "gateway_clearing" ? t.Minor : 0) - transfers.Sum(t => t.Credit == "gateway_clearing" ? t.Minor : 0);
        var held = captures.SelectMany(c => c).Sum(c => c.AmountMinor - c.FeeMinor);
        var journals = (await site.Rows("SELECT ref_id FROM journal WHERE kind = 'charge'", r => r.GetInt64(0))).ToHashSet();
        var wrong = new List<string>();
        if (clearing != held) wrong.Add($"the gateway holds {held}, the books say {clearing}");
        wrong.AddRange(captures.Where(c => !journals.Contains(c.Key)).Select(c => $"the capture for charge {c.Key} is in no journal"));
        wrong.AddRange(journals.Where(j => !captures.Contains(j)).Select(j => $"charge {j} is in the books and was never captured"));
        return wrong;
    }

    private static string? Text(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    private static long Whole(DbDataReader reader, int column) => Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture);
}

/// <summary>What the checker counted, and every sentence about what is wrong.</summary>
internal sealed record Found(int Charges, int Captures, IReadOnlyList<string> Wrong);
