using System.Globalization;
using System.Text.Json;
using Stipend.Billing.Model;
using Stipend.Billing.Planning;
using Stipend.Platform.Data;

namespace Stipend.Billing.Runs;

/// <summary>
/// Safety bounds (billing.md §3.7, phase 3): a run of the real books that is far from what the last ones were waits for the operator before
/// anybody is charged. Sandboxes are there to try such things.
/// </summary>
internal sealed class RunBounds(Db db, BillingOptions options)
{
    private const int Named = 5, UsualRuns = 6;

    /// <summary>Keeps what a part came to; joins the transaction that plans it.</summary>
    public async Task Write(BillingRun run, RunSums sums, CancellationToken ct)
    {
        if (run.BookId != Book.Live) return;
        var json = new JsonRows(db.Engine);
        var rows = sums.Calendar.OrderBy(s => (s.Key.PayeeId, s.Key.Currency, s.Key.AnchorDay)) // one order, so that two parts never wait for each other
            .Select(s => new object[] { s.Key.PayeeId, s.Key.Currency, s.Key.AnchorDay, s.Value.Lines, s.Value.Minor }).ToList();
        if (rows.Count > 0)
            await db.Execute($"""
                INSERT INTO run_sum (run_id, payee_id, currency, anchor_day, lines, minor)
                SELECT @run, {json.Number(0)}, {json.Text(1)}, {json.Number(2)}, {json.Number(3)}, {json.Number(4)} FROM {json.From("rows")} WHERE 1 = 1
                ON CONFLICT (run_id, payee_id, currency, anchor_day)
                DO UPDATE SET lines = run_sum.lines + excluded.lines, minor = run_sum.minor + excluded.minor
                """, ct, ("run", run.Id), ("rows", JsonSerializer.Serialize(rows)));
        foreach (var (pledgeId, payeeId, currency, lines) in sums.Long)
            await Doubt(run, "lines", pledgeId, currency, payeeId, lines, options.ReviewPostsPerPledge, ct);
        foreach (var (patronId, currency, gross, usual) in await Usual(run, sums.Large, ct))
            if (gross > Int128.One * usual * options.ReviewChargeTimes) await Doubt(run, "amount", patronId, currency, null, gross, usual, ct);
    }

    /// <summary>Why a planned run should be looked at, in sentences; null when nothing is out of the ordinary.</summary>
    public async Task<string?> Doubts(BillingRun run, CancellationToken ct)
    {
        if (run.BookId != Book.Live) return null;
        List<string> reasons = [.. await Changes(run, ct), .. await Doubted(run, ct)];
        return reasons.Count == 0 ? null
            : $"Nobody has been charged yet: this run is unlike the last ones. {string.Join(" ", reasons.Take(Named))}"
                + (reasons.Count > Named ? $" And {reasons.Count - Named} more." : "")
                + " If this is right, let it collect.";
    }

    private sealed record Sum(long PayeeId, Currency Currency, long Lines, long Minor);

    /// <summary>Each campaign, and all of them together, against a month before. A campaign that was not billed then is not compared.</summary>
    private async Task<List<string>> Changes(BillingRun run, CancellationToken ct)
    {
        var reasons = new List<string>();
        if (options.ReviewChangePercent <= 0) return reasons;
        var now = (await Sums("s.run_id = @run", run, ct)).ToDictionary(s => (s.PayeeId, s.Currency));
        // Since the same day a month ago every anchor day of this run has been due once, whatever the lengths of the months.
        var before = await Sums("""
            r.book_id = @book AND r.zone_id = @zone AND r.bill_on >= @from AND r.bill_on < @on AND r.state IN ('collecting', 'closed')
            AND s.anchor_day >= @day AND s.anchor_day <= @last_day
            """, run, ct);
        var found = new List<(Sum Was, Sum Is)>();
        foreach (var was in before) found.Add((was, now.GetValueOrDefault((was.PayeeId, was.Currency)) ?? was with { Lines = 0, Minor = 0 }));
        foreach (var (was, became) in found.OrderByDescending(f => Math.Abs(f.Is.Minor - f.Was.Minor)))
            if (IsFarOff(was, became)) reasons.Add($"{await Name(run, was.PayeeId, ct)}: {Compared(was, became)}");
        foreach (var all in found.GroupBy(f => f.Was.Currency))
        {
            var was = new Sum(0, all.Key, all.Sum(f => f.Was.Lines), all.Sum(f => f.Was.Minor));
            var became = new Sum(0, all.Key, all.Sum(f => f.Is.Lines), all.Sum(f => f.Is.Minor));
            if (IsFarOff(was, became)) reasons.Insert(0, $"All campaigns together: {Compared(was, became)}");
        }
        return reasons;
    }

    private bool IsFarOff(Sum was, Sum now) =>
        Math.Max(was.Lines, now.Lines) >= options.ReviewFromLines
        && Math.Abs(now.Minor - was.Minor) >= options.ReviewFromMinor(was.Currency)
        && Int128.Abs(now.Minor - was.Minor) * 100 > (Int128)was.Minor * options.ReviewChangePercent;

    private static string Compared(Sum was, Sum now)
    {
        var percent = was.Minor == 0 ? 100 : (long)((Int128)(now.Minor - was.Minor) * 100 / was.Minor);
        return $"{new Money(now.Minor, now.Currency)} for {now.Lines} lines, a month before {new Money(was.Minor, was.Currency)} for {was.Lines}"
            + $" ({(percent > 0 ? "+" : "")}{percent.ToString(CultureInfo.InvariantCulture)} %).";
    }

    private async Task<List<Sum>> Sums(string where, BillingRun run, CancellationToken ct)
    {
        await using var command = await db.Command($"""
            SELECT s.payee_id, s.currency, SUM(s.lines), SUM(s.minor) FROM run_sum s JOIN billing_run r ON r.id = s.run_id
            WHERE {where} GROUP BY s.payee_id, s.currency ORDER BY s.payee_id, s.currency
            """, ct, ("run", run.Id), ("book", run.BookId), ("zone", run.ZoneId), ("from", run.BillOn.PlusMonths(-1)), ("on", run.BillOn),
            ("day", (long)run.BillOn.Day), ("last_day", run.BillOn.Day == Periods.LastDay(run.BillOn) ? 31L : run.BillOn.Day));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var sums = new List<Sum>();
        while (await reader.ReadAsync(ct))
            sums.Add(new Sum(reader.GetInt64(0), Currency.Of(reader.GetString(1)), Convert.ToInt64(reader.GetValue(2), CultureInfo.InvariantCulture),
                Convert.ToInt64(reader.GetValue(3), CultureInfo.InvariantCulture)));
        return sums;
    }

    private async Task<List<string>> Doubted(BillingRun run, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT kind, COALESCE(payee_id, 0), currency, COUNT(*), MAX(found), MAX(ref_id),
                   (SELECT t.usual FROM run_doubt t WHERE t.run_id = @run AND t.kind = d.kind AND t.currency = d.currency ORDER BY t.found DESC LIMIT 1)
            FROM run_doubt d WHERE run_id = @run GROUP BY kind, payee_id, currency ORDER BY 1, 2, 3
            """, ct, ("run", run.Id));
        var found = new List<(bool IsAmount, long Payee, Currency Currency, long Count, long Most, long Ref, long Usual)>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                found.Add((reader.GetString(0) == "amount", reader.GetInt64(1), Currency.Of(reader.GetString(2)), reader.GetInt64(3), reader.GetInt64(4),
                    reader.GetInt64(5), reader.GetInt64(6)));
        var reasons = new List<string>();
        foreach (var (isAmount, payee, currency, count, most, who, usual) in found)
            reasons.Add(isAmount
                ? $"{Many(count, "charge is", "charges are")} more than {options.ReviewChargeTimes} times what the patron usually pays"
                    + $"{(count == 1 ? $" (patron {who})" : "")}; the largest is {new Money(most, currency)}, usual was {new Money(usual, currency)}."
                : $"{await Name(run, payee, ct)}: {Many(count, "pledge is", "pledges are")} billed for more than {options.ReviewPostsPerPledge} posts at once, up to {most}.");
        return reasons;
    }

    private static string Many(long count, string one, string more) => $"{count.ToString(CultureInfo.InvariantCulture)} {(count == 1 ? one : more)}";

    /// <summary>Charges with the most their patrons were charged by any of the last runs; those of whom no run has charged yet are left out.</summary>
    private async Task<List<(long PatronId, Currency Currency, long GrossMinor, long Usual)>> Usual(
        BillingRun run, List<(long PatronId, PlannedCharge Charge)> large, CancellationToken ct)
    {
        var found = new List<(long, Currency, long, long)>();
        if (large.Count == 0) return found;
        var json = new JsonRows(db.Engine);
        await using var command = await db.Command($"""
            SELECT u.patron_id, u.currency, u.gross_minor, u.usual FROM (
                SELECT r.patron_id, r.currency, r.gross_minor, (
                    SELECT MAX(t.gross_minor) FROM (
                        SELECT c.gross_minor FROM charge c WHERE c.patron_id = r.patron_id AND c.book_id = @book AND c.currency = r.currency
                          AND c.run_id IS NOT NULL AND c.run_id <> @run ORDER BY c.id DESC LIMIT {UsualRuns}) t) AS usual
                FROM (SELECT {json.Number(0)} AS patron_id, {json.Text(1)} AS currency, {json.Number(2)} AS gross_minor FROM {json.From("rows")}) r) u
            WHERE u.usual IS NOT NULL
            """, ct, ("rows", JsonSerializer.Serialize(large.Select(l => new object[] { l.PatronId, l.Charge.Currency.Code, l.Charge.GrossMinor }))),
            ("book", run.BookId), ("run", run.Id));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add((reader.GetInt64(0), Currency.Of(reader.GetString(1)), reader.GetInt64(2), reader.GetInt64(3)));
        return found;
    }

    private Task<int> Doubt(BillingRun run, string kind, long refId, Currency currency, long? payeeId, long found, long usual, CancellationToken ct) =>
        db.Execute("""
            INSERT INTO run_doubt (run_id, kind, ref_id, currency, payee_id, found, usual)
            VALUES (@run, @kind, @ref, @currency, @payee, @found, @usual) ON CONFLICT DO NOTHING
            """, ct, ("run", run.Id), ("kind", kind), ("ref", refId), ("currency", currency.Code), ("payee", payeeId), ("found", found), ("usual", usual));

    /// <summary>A campaign in the words of its pledges, which is all that billing knows of it.</summary>
    private async Task<string> Name(BillingRun run, long payeeId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT v.description FROM pledge p JOIN pledge_version v ON v.pledge_id = p.id AND v.seq = 1
            WHERE p.book_id = @book AND p.payee_id = @payee ORDER BY p.id LIMIT 1
            """, ct, ("book", run.BookId), ("payee", payeeId));
        return $"Campaign {payeeId.ToString(CultureInfo.InvariantCulture)} (“{await command.ExecuteScalarAsync(ct) as string}”)";
    }
}
