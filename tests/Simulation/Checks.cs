using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.TestGateway;

namespace Stipend.Simulation;

/// <summary>What must be true of the books and of the gateway's own store, each sentence with its number.</summary>
internal static class Checks
{
    /// <summary>True at every moment, also right after a death.</summary>
    public static IEnumerable<string> Always(SimHost host, BookFacts facts)
    {
        var captures = Captures(host);
        foreach (var twice in captures.Where(c => c.Value.Count > 1))
            yield return $"S1 charge {twice.Key} was captured {twice.Value.Count} times";
        foreach (var journal in facts.Journals.Where(j => !captures.ContainsKey(j)))
            yield return $"S3 charge {journal} has a journal and the gateway never captured it";
        foreach (var charge in facts.Attempts.GroupBy(a => a.ChargeId))
        {
            var attempts = charge.ToList();
            if (attempts.SkipLast(1).Any(a => a.Outcome is null)) yield return $"S9 charge {charge.Key} was tried again while unknown";
            if (attempts.Count(a => a.Outcome == "succeeded") > 1) yield return $"L5 charge {charge.Key} succeeded twice";
            var refused = new HashSet<long>();
            foreach (var attempt in attempts)
            {
                if (refused.Contains(attempt.MethodId)) yield return $"S8 charge {charge.Key} was tried with a card refused for good";
                if (attempt.Outcome == "declined_hard") refused.Add(attempt.MethodId);
            }
        }
        foreach (var card in facts.Attempts.Where(a => a.Outcome is "declined_soft" or "declined_hard").GroupBy(a => a.Card))
        {
            var tries = card.Select(a => a.At).Order().ToList(); // the test gateway's cards are all of the network that allows 15 in 30 days
            for (var i = 0; i + 15 < tries.Count; i++)
                if (tries[i + 15] - tries[i] < Duration.FromDays(30)) yield return $"S8 a card was declined 16 times from {tries[i]} to {tries[i + 15]}";
        }
        foreach (var line in facts.Lines.GroupBy(l => (l.PledgeId, l.Key)).Where(g => g.Count() > 1))
            yield return $"L4 pledge {line.Key.PledgeId} has {line.Key.Key} twice";
    }

    /// <summary>True when faults have ended and everything came to rest.</summary>
    public static async Task<List<string>> AtEnd(SimHost host, Oracle oracle, BookFacts facts)
    {
        List<string> found = [.. oracle.Surprises, .. Always(host, facts), .. Rest(host, facts), .. Money(host, facts), .. Bundles(facts),
            .. Completeness(facts), .. Owed(oracle, facts), .. Overlaps(oracle, facts), .. Dunning(host, facts), .. Mails(host, facts)];
        found.AddRange(await Ledger(host, facts));
        return found;
    }

    /// <summary>Liveness: nothing is stuck, nothing unknown, no run open.</summary>
    private static IEnumerable<string> Rest(SimHost host, BookFacts facts)
    {
        foreach (var work in facts.Work)
        {
            if (work.Kind is "collect" or "check") yield return $"liveness: charge {work.ChargeId} still waits to be {work.Kind}ed, due {work.DueAt}";
            else if (work.Kind != "quarantine" && work.DueAt < host.Clock.Now) yield return $"liveness: charge {work.ChargeId} ({work.Kind}) was due {work.DueAt}";
        }
        foreach (var run in facts.Runs.Where(r => r.State != "closed")) yield return $"liveness: the run of {run.BillOn} is {run.State}";
        for (var i = 1; i < facts.Runs.Count; i++)
            if (facts.Runs[i].BillOn != facts.Runs[i - 1].BillOn.PlusDays(1)) yield return $"liveness: no run between {facts.Runs[i - 1].BillOn} and {facts.Runs[i].BillOn}";
        foreach (var message in facts.Troubles) yield return $"liveness: {message.Topic} is {message.Status}: {message.LastError}";
    }

    /// <summary>Every captured unit of money has its journal; every success its capture.</summary>
    private static IEnumerable<string> Money(SimHost host, BookFacts facts)
    {
        var captures = Captures(host);
        var set = facts.Work.Where(w => w.Kind == "quarantine").Select(w => w.ChargeId).ToHashSet();
        var charges = facts.Charges.ToDictionary(c => c.Id);
        foreach (var (chargeId, made) in captures)
        {
            if (set.Contains(chargeId)) continue; // an operator must look: captured another amount than asked
            var heardLater = facts.Work.Any(w => w.ChargeId == chargeId && w.DueAt > host.Clock.Now); // the payer paid by the gateway's page
            if (!facts.Journals.Contains(chargeId) && !heardLater) yield return $"S2 charge {chargeId} was captured and is in no journal";
            if (!charges.TryGetValue(chargeId, out var charge)) yield return $"S2 the gateway captured for {chargeId}, which is no charge";
            else if (made.Sum(c => c.AmountMinor) != charge.GrossMinor) yield return $"L7 charge {chargeId} is {charge.GrossMinor}, captured {made.Sum(c => c.AmountMinor)}";
            if (facts.Closed.TryGetValue(chargeId, out var kind)) yield return $"S2 charge {chargeId} was captured and then {kind}";
        }
        foreach (var paid in facts.Paid().Where(p => !facts.Journals.Contains(p))) yield return $"S2 charge {paid} succeeded and is in no journal";
        var paidCharges = facts.Paid();
        foreach (var charge in facts.Charges)
        {
            var places = (paidCharges.Contains(charge.Id) ? 1 : 0) + (facts.Closed.ContainsKey(charge.Id) ? 1 : 0)
                + (facts.Work.Any(w => w.ChargeId == charge.Id) ? 1 : 0);
            if (places != 1) yield return $"L4 charge {charge.Id} is in {places} of paid, closed, open";
        }
    }

    /// <summary>Lines add up to their charge; each line is on a charge, waits for one, or is void.</summary>
    private static IEnumerable<string> Bundles(BookFacts facts)
    {
        var sums = facts.Lines.Where(l => (l.ChargeId ?? l.RolledInto) is not null).GroupBy(l => (l.ChargeId ?? l.RolledInto)!.Value)
            .ToDictionary(g => g.Key, g => g.Sum(l => l.AmountMinor));
        foreach (var charge in facts.Charges)
            if (sums.GetValueOrDefault(charge.Id) != charge.GrossMinor) yield return $"L6 charge {charge.Id} is {charge.GrossMinor}, its lines {sums.GetValueOrDefault(charge.Id)}";
        foreach (var line in facts.Lines)
        {
            if (line.AmountMinor > 0 && line.ChargeId is null && line.RolledInto is null && !line.IsDeferred && !line.IsVoid)
                yield return $"S4 {line.Key} of pledge {line.PledgeId} is on no charge and does not wait for one";
            if (line.FeeMinor != ((line.AmountMinor * 5) + 50) / 100) yield return $"L6 {line.Key} of pledge {line.PledgeId}: fee {line.FeeMinor} of {line.AmountMinor}";
            if ((line.ChargeId ?? line.RolledInto) is { } charge && facts.Closed.ContainsKey(charge) != line.IsVoid)
                yield return $"S4 {line.Key} of pledge {line.PledgeId}: its charge {(line.IsVoid ? "is open or paid and it is void" : "was given up and it is not void")}";
        }
    }

    /// <summary>Due = charged + waived + deferred + parked, counted here and not by the closer.</summary>
    private static IEnumerable<string> Completeness(BookFacts facts)
    {
        foreach (var parked in facts.Skips.Where(s => s.Kind == "parked")) yield return $"S4 pledge {parked.PledgeId} was parked";
        foreach (var skip in facts.Skips.Where(s => !s.Key.StartsWith('P')))
            if (facts.Lines.Any(l => l.PledgeId == skip.PledgeId && l.Key == skip.Key)) yield return $"S4 {skip.Key} of pledge {skip.PledgeId} was waived and billed";
    }

    /// <summary>The oracle and the books agree on every line: nobody is forgotten, nobody billed twice or another amount.</summary>
    private static IEnumerable<string> Owed(Oracle oracle, BookFacts facts)
    {
        var lines = facts.Lines.ToDictionary(l => (l.PledgeId, l.Key));
        foreach (var owed in oracle.Lines.Values)
        {
            var where = $"{owed.Key} of pledge {owed.PledgeId} ({oracle.Pledge(owed.PledgeId).Payee.Model})";
            if (!lines.TryGetValue((owed.PledgeId, owed.Key), out var line))
            {
                if (owed.Must) yield return $"S4 forgotten: {where}, {owed.Minor}";
            }
            else if (line.AmountMinor != owed.Minor) yield return $"S4 {where} is billed {line.AmountMinor}, owed is {owed.Minor}";
            else if (owed.From is not null && (line.From != owed.From || line.Until != owed.Until))
                yield return $"S5 {where} covers {line.From} to {line.Until}, owed is {owed.From} to {owed.Until}";
        }
        foreach (var line in facts.Lines.Where(l => !oracle.Lines.ContainsKey((l.PledgeId, l.Key))))
            yield return $"S4 nobody owes {line.Key} of pledge {line.PledgeId} ({oracle.Pledge(line.PledgeId).Payee.Model}), {line.AmountMinor}";
    }

    /// <summary>One patron never pays one creator twice for the same time, over all pledges between them.</summary>
    private static IEnumerable<string> Overlaps(Oracle oracle, BookFacts facts)
    {
        var paid = facts.Paid();
        var lines = facts.Lines.Where(l => paid.Contains(l.ChargeId ?? l.RolledInto ?? 0)).ToList();
        foreach (var pair in lines.Where(l => l.Key[0] != 'P').GroupBy(l => (l.PatronId, l.PayeeId)))
        {
            var most = oracle.Pledges.Where(p => p.PatronId == pair.Key.PatronId && p.Payee.Id == pair.Key.PayeeId)
                .SelectMany(p => p.Amounts.Select(a => a.Minor)).Max();
            foreach (var line in pair.Where(l => l.AmountMinor > 0))
            {
                var same = pair.Where(l => l.From <= line.From && l.Until > line.From).Sum(l => l.AmountMinor);
                if (same > most) yield return $"S5 patron {pair.Key.PatronId} paid payee {pair.Key.PayeeId} {same} for {line.From}, the price is at most {most}";
                var month = pair.Where(l => l.Key == line.Key && l.Key[0] == 'M').Sum(l => l.AmountMinor);
                if (month > most) yield return $"S5 patron {pair.Key.PatronId} paid payee {pair.Key.PayeeId} {month} for {line.Key}, the price is at most {most}";
            }
        }
    }

    /// <summary>Nobody is told a decline that no bank said.</summary>
    private static IEnumerable<string> Dunning(SimHost host, BookFacts facts)
    {
        var payments = host.Gateway.Store.Payments().Where(p => p.ChargeId is not null)
            .GroupBy(p => long.Parse(p.ChargeId!, CultureInfo.InvariantCulture)).ToDictionary(g => g.Key, g => g.Sum(p => p.Attempts));
        foreach (var charge in facts.Attempts.Where(a => a.Outcome is "declined_soft" or "declined_hard").GroupBy(a => a.ChargeId))
            if (charge.Count() > payments.GetValueOrDefault(charge.Key))
                yield return $"S10 charge {charge.Key} counts {charge.Count()} declines, the gateway was asked {payments.GetValueOrDefault(charge.Key)} times";
    }

    /// <summary>One receipt per paid charge, none for others.</summary>
    private static IEnumerable<string> Mails(SimHost host, BookFacts facts)
    {
        var receipts = host.Mails.Left.Values.Where(m => m.Kind == "receipt")
            .GroupBy(m => long.Parse(m.Text.Split("/billing/receipts/")[1].Split(' ')[0], CultureInfo.InvariantCulture))
            .ToDictionary(g => g.Key, g => g.Count());
        var paid = facts.Paid();
        foreach (var charge in paid.Where(p => receipts.GetValueOrDefault(p) != 1))
            yield return $"S11 charge {charge} was paid and has {receipts.GetValueOrDefault(charge)} receipts";
        foreach (var charge in receipts.Keys.Except(paid)) yield return $"S11 charge {charge} has a receipt and is not paid";
    }

    /// <summary>The books verify (L1–L3, L10, L11) and their balances are what the gateway's store and the paid lines say (L12).</summary>
    private static async Task<List<string>> Ledger(SimHost host, BookFacts facts)
    {
        var found = new List<string>();
        var report = await host.In(s => s.GetRequiredService<ILedger>().Verify());
        found.AddRange(report.Checks.Where(c => !c.Passed).Select(c => $"L1-L11 {c.Name}: {string.Join("; ", c.First)}"));
        var balances = await host.In(s => BookReader.Rows(s.GetRequiredService<Db>(), """
            SELECT a.kind, a.owner_id, a.currency, COALESCE((SELECT SUM(t.amount_minor) FROM transfer t WHERE t.debit_account_id = a.id), 0)
              - COALESCE((SELECT SUM(t.amount_minor) FROM transfer t WHERE t.credit_account_id = a.id), 0) FROM account a
            """, r => (Kind: r.GetString(0), Owner: r.GetInt64(1), Currency: r.GetString(2), Debit: r.GetInt64(3))));
        var paid = facts.Paid();
        var captured = Captures(host).Where(c => paid.Contains(c.Key)).SelectMany(c => c.Value).ToList();
        foreach (var currency in captured.Select(c => c.Currency.ToUpperInvariant()).Concat(balances.Select(b => b.Currency)).Distinct())
        {
            long Balance(string kind) => balances.Where(b => b.Kind == kind && b.Currency == currency).Sum(b => b.Debit);
            var lines = facts.Lines.Where(l => l.Currency == currency && paid.Contains(l.ChargeId ?? l.RolledInto ?? 0)).ToList();
            var here = captured.Where(c => c.Currency.Equals(currency, StringComparison.OrdinalIgnoreCase)).ToList();
            var (net, fees) = (here.Sum(c => c.AmountMinor - c.FeeMinor), lines.Sum(l => l.FeeMinor));
            if (Balance("gateway_clearing") != net) found.Add($"L12 the gateway holds {net} {currency}, the books say {Balance("gateway_clearing")}");
            if (-Balance("platform_revenue") != fees) found.Add($"L6 platform fees are {fees} {currency}, the books say {-Balance("platform_revenue")}");
            if (balances.Where(b => b.Currency == currency).Sum(b => b.Debit) != 0) found.Add($"L1 the books of {currency} do not sum to nothing");
        }
        return found;
    }

    private static Dictionary<long, IReadOnlyList<Capture>> Captures(SimHost host) => host.Gateway.Store.CapturesByCharge()
        .ToDictionary(c => long.Parse(c.Key, CultureInfo.InvariantCulture), c => c.Value);
}
