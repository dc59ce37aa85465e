using Stipend.Billing.Model;
using Stipend.Billing.Planning;
using Stipend.Platform.Data;

namespace Stipend.Billing.Runs;

/// <summary>Writes one part's plan in bulk, table by table, in the current transaction.</summary>
internal sealed class RunWriter(Db db, Ids ids, BillingRun run, Instant now)
{
    public async Task Write(long part, IReadOnlyList<PatronPlan> plans, CancellationToken ct)
    {
        var chargeIds = plans.Select(p => p.Charges.ConvertAll(_ => ids.Next())).ToList();
        await Charges(plans, chargeIds, ct);
        await Lines(plans, chargeIds, ct);
        await Work(plans, chargeIds, ct);
        await Skips(plans, ct);
        await Rolled(plans, chargeIds, ct);
        await Totals(part, plans, ct);
        await Accruals(plans, ct);
    }

    private async Task Charges(IReadOnlyList<PatronPlan> plans, List<List<long>> chargeIds, CancellationToken ct)
    {
        await using var writer = await db.BulkInsert("charge",
            ["id", "book_id", "run_id", "scope_id", "patron_id", "currency", "split", "gross_minor", "kind", "zone_id", "created_at"], ct);
        for (var i = 0; i < plans.Count; i++)
        {
            for (var c = 0; c < plans[i].Charges.Count; c++)
            {
                var charge = plans[i].Charges[c];
                writer.Int(chargeIds[i][c]);
                writer.Int(run.BookId);
                writer.Int(run.Id);
                writer.Int(run.Id);
                writer.Int(plans[i].PatronId);
                writer.Text(charge.Currency.Code);
                writer.Int(charge.Split);
                writer.Int(charge.GrossMinor);
                writer.Text("run");
                writer.Text(run.ZoneId);
                writer.At(now);
                writer.EndRow();
            }
        }
        await writer.Complete(ct);
    }

    private async Task Lines(IReadOnlyList<PatronPlan> plans, List<List<long>> chargeIds, CancellationToken ct)
    {
        await using var writer = await db.BulkInsert("bill_line",
            ["pledge_id", "period_key", "book_id", "run_id", "charge_id", "patron_id", "payee_id", "amount_minor", "tax_minor",
                "platform_fee_minor", "currency",
             "covers_from", "covers_until", "description", "created_at"], ct);
        for (var i = 0; i < plans.Count; i++)
        {
            foreach (var line in plans[i].Lines.Where(l => !l.WasDeferred))
            {
                writer.Int(line.PledgeId);
                writer.Text(line.PeriodKey);
                writer.Int(run.BookId);
                writer.Int(run.Id);
                writer.Int(line.Charge < 0 ? null : chargeIds[i][line.Charge]);
                writer.Int(plans[i].PatronId);
                writer.Int(line.PayeeId);
                writer.Int(line.AmountMinor);
                writer.Int(0);
                writer.Int(line.PlatformFeeMinor);
                writer.Text(line.Currency.Code);
                writer.At(line.CoversFrom);
                writer.At(line.CoversUntil);
                writer.Text(line.Description);
                writer.At(now);
                writer.EndRow();
            }
        }
        await writer.Complete(ct);
    }

    private async Task Work(IReadOnlyList<PatronPlan> plans, List<List<long>> chargeIds, CancellationToken ct)
    {
        await using var writer = await db.BulkInsert("due_work",
            ["charge_id", "book_id", "patron_id", "run_id", "kind", "due_at", "lease_until", "lease_token", "tries"], ct);
        for (var i = 0; i < plans.Count; i++)
        {
            foreach (var chargeId in chargeIds[i])
            {
                writer.Int(chargeId);
                writer.Int(run.BookId);
                writer.Int(plans[i].PatronId);
                writer.Int(run.Id);
                writer.Text("collect");
                writer.At(now);
                writer.Int(0);
                writer.Int(0);
                writer.Int(0);
                writer.EndRow();
            }
        }
        await writer.Complete(ct);
    }

    private async Task Skips(IReadOnlyList<PatronPlan> plans, CancellationToken ct)
    {
        if (plans.All(p => p.Skips.Count == 0)) return;
        await using var writer = await db.BulkInsert("run_skip",
            ["run_id", "pledge_id", "period_key", "kind", "patron_id", "amount_minor", "currency", "reason"], ct);
        foreach (var plan in plans)
        {
            foreach (var skip in plan.Skips)
            {
                writer.Int(run.Id);
                writer.Int(skip.PledgeId);
                writer.Text(skip.PeriodKey);
                writer.Text(skip.Kind);
                writer.Int(plan.PatronId);
                writer.Int(skip.AmountMinor);
                writer.Text(skip.Currency.Code);
                writer.Text(skip.Reason);
                writer.EndRow();
            }
        }
        await writer.Complete(ct);
    }

    /// <summary>Lines that waited and now joined a charge; lines that wait from now on.</summary>
    private async Task Rolled(IReadOnlyList<PatronPlan> plans, List<List<long>> chargeIds, CancellationToken ct)
    {
        for (var i = 0; i < plans.Count; i++)
        {
            foreach (var line in plans[i].Lines)
            {
                if (line is { WasDeferred: true, Charge: >= 0 })
                {
                    await db.Execute("INSERT INTO bill_line_rolled (pledge_id, period_key, charge_id) VALUES (@pledge, @key, @charge)", ct,
                        ("pledge", line.PledgeId), ("key", line.PeriodKey), ("charge", chargeIds[i][line.Charge]));
                    await db.Execute("DELETE FROM deferred_line WHERE pledge_id = @pledge AND period_key = @key", ct,
                        ("pledge", line.PledgeId), ("key", line.PeriodKey));
                }
                if (line is { WasDeferred: false, Charge: < 0 })
                    await db.Execute("INSERT INTO deferred_line (pledge_id, period_key, patron_id) VALUES (@pledge, @key, @patron)", ct,
                        ("pledge", line.PledgeId), ("key", line.PeriodKey), ("patron", plans[i].PatronId));
            }
        }
    }

    /// <summary>Accruals that are lines now wait no longer.</summary>
    private async Task Accruals(IReadOnlyList<PatronPlan> plans, CancellationToken ct)
    {
        foreach (var pledges in plans.SelectMany(p => p.Lines).Where(l => l.PostId != 0).Select(l => l.PledgeId).Distinct().Chunk(1_000))
            await db.Execute($"""
                DELETE FROM pending_accrual WHERE pledge_id IN ({string.Join(',', pledges)}) AND EXISTS (
                    SELECT 1 FROM bill_line l WHERE l.pledge_id = pending_accrual.pledge_id AND l.period_key = 'P:' || pending_accrual.post_id)
                """, ct);
    }

    private async Task Totals(long part, IReadOnlyList<PatronPlan> plans, CancellationToken ct)
    {
        foreach (var total in PlanTotals.Of(plans))
            await db.Execute("INSERT INTO run_total (run_id, part, currency, due_lines, due_minor) VALUES (@run, @part, @currency, @lines, @minor)", ct,
                ("run", run.Id), ("part", part), ("currency", total.Currency.Code), ("lines", (long)total.DueLines),
                    ("minor", total.DueMinor));
    }
}
