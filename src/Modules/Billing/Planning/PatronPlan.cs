using Stipend.Billing.Gateways;

namespace Stipend.Billing.Planning;

/// <summary>A pledge that is due, as the store told it; <see cref="Posts"/> only for per creation.</summary>
internal sealed record DuePledge(
    long Id, long PatronId, long PayeeId, BillingModel Model, int AnchorMonth, int AnchorDay, Instant StartedAt, long AmountMinor,
        Currency Currency,
    string Description, bool HasOpenDecline, IReadOnlyList<DuePost> Posts)
{
    /// <summary>What this patron has paid this payee before, in pledges since ended; only for a pledge begun within the month.</summary>
    public IReadOnlyList<PaidBefore> Paid { get; init; } = [];
}

/// <summary>A paid line of an earlier pledge: from when it covers, and its amount.</summary>
internal readonly record struct PaidBefore(Instant From, long AmountMinor, Currency Currency);

/// <summary>A frozen accrual not billed yet.</summary>
internal readonly record struct DuePost(long PostId, long AmountMinor, Currency Currency, string Title);

/// <summary>A line planned for a charge; charge index −1: deferred.</summary>
internal sealed record PlannedLine(
    long PledgeId, string PeriodKey, long PayeeId, long AmountMinor, long PlatformFeeMinor, Currency Currency, Instant? CoversFrom,
        Instant? CoversUntil,
    string Description, long PostId = 0, bool WasDeferred = false)
{
    public int Charge { get; set; } = -1;
}

internal sealed record PlannedCharge(Currency Currency, int Split, long GrossMinor);

internal sealed record PlannedSkip(long PledgeId, string PeriodKey, long AmountMinor, Currency Currency, string Kind, string Reason);

/// <summary>Everything one patron's part of a run comes to.</summary>
internal sealed record PatronPlan(long PatronId, List<PlannedLine> Lines, List<PlannedCharge> Charges, List<PlannedSkip> Skips);

/// <summary>Rules in force for a run.</summary>
internal sealed record RunRules(DateTimeZone Zone, LocalDate BillOn, int PlatformFeeBp, BillingOptions Options)
{
    /// <summary>What the gateway of the book takes as a charge.</summary>
    public Func<Currency, GatewayLimits> Limits { get; init; } = _ => GatewayLimits.None;
}

/// <summary>
/// Computes what a patron owes on a billing day and bundles it into one charge per currency. The one implementation: the run writes its
/// result, the preview shows it. Pure: no clock, no store.
/// </summary>
internal static class PatronPlanner
{
    /// <exception cref="OverflowException">Amounts beyond 64 bits; the caller parks this patron.</exception>
    /// <exception cref="InvalidOperationException">An amount nobody can have agreed to; so too.</exception>
    public static PatronPlan Plan(long patronId, IReadOnlyList<DuePledge> pledges, IReadOnlyList<PlannedLine> deferred, RunRules rules)
    {
        var plan = new PatronPlan(patronId, [], [], []);
        foreach (var pledge in pledges)
        {
            foreach (var line in LinesOf(pledge, rules))
            {
                if (line.AmountMinor > BillingOptions.MaximumMinor(line.Currency))
                    throw new InvalidOperationException($"{line.AmountMinor} {line.Currency.Code} is more than one charge can carry.");
                if (pledge.HasOpenDecline) Waive(line, "a declined bill is open; no further one is added");
                else if (line.AmountMinor == 0) Waive(line with { AmountMinor = pledge.AmountMinor }, "this month was paid when leaving before");
                else plan.Lines.Add(line);
            }
        }
        plan.Lines.AddRange(deferred);
        Bundle(plan, rules);
        return plan;

        void Waive(PlannedLine line, string reason) =>
            plan.Skips.Add(new PlannedSkip(line.PledgeId, line.PeriodKey, line.AmountMinor, line.Currency, "waived", reason));
    }

    private static IEnumerable<PlannedLine> LinesOf(DuePledge pledge, RunRules rules)
    {
        if (pledge.Model == BillingModel.PerCreation)
        {
            foreach (var post in pledge.Posts)
                yield return new PlannedLine(pledge.Id, Periods.PostKey(post.PostId), pledge.PayeeId, post.AmountMinor,
                    PlatformFee(post.AmountMinor, post.Currency, rules.PlatformFeeBp), post.Currency, null, null,
                        $"{pledge.Description}: {post.Title}", post.PostId);
            yield break;
        }
        var anchor = new BillingAnchor(pledge.AnchorMonth / 12, pledge.AnchorMonth % 12 + 1, pledge.AnchorDay, rules.Zone);
        var (key, from, until) = Periods.BilledOn(pledge.Model, anchor, rules.BillOn, pledge.StartedAt);
        var amount = pledge.Model == BillingModel.MonthlyArrears ? Remaining(pledge, anchor, from, until) : pledge.AmountMinor;
        yield return new PlannedLine(pledge.Id, key, pledge.PayeeId, amount, PlatformFee(amount, pledge.Currency, rules.PlatformFeeBp),
            pledge.Currency, from, until, pledge.Description);
    }

    /// <summary>Who left and came back within the month paid for it when leaving: what is missing to the present amount remains.</summary>
    private static long Remaining(DuePledge pledge, BillingAnchor anchor, Instant from, Instant until)
    {
        if (pledge.Paid.Count == 0) return pledge.AmountMinor;
        var begun = Periods.At(anchor, from).From;
        var paid = pledge.Paid.Where(b => b.Currency == pledge.Currency && b.From >= begun && b.From < until).Sum(b => b.AmountMinor);
        return Math.Max(0, pledge.AmountMinor - paid);
    }

    public static long PlatformFee(long amountMinor, Currency currency, int basisPoints) =>
        new Money(amountMinor, currency).BasisPointsHalfUp(basisPoints).Minor;

    /// <summary>One charge per currency; too small waits, too large splits.</summary>
    private static void Bundle(PatronPlan plan, RunRules rules)
    {
        foreach (var byCurrency in plan.Lines.GroupBy(l => l.Currency))
        {
            long total = 0;
            foreach (var line in byCurrency) total = checked(total + line.AmountMinor);
            if (total < Math.Max(rules.Options.MinimumMinor(byCurrency.Key), rules.Limits(byCurrency.Key).MinimumMinor))
                continue; // every line keeps charge −1: deferred
            var maximum = BillingOptions.MaximumMinor(byCurrency.Key);
            long gross = 0;
            var split = 0;
            foreach (var line in byCurrency)
            {
                if (gross > 0 && gross + line.AmountMinor > maximum)
                {
                    plan.Charges.Add(new PlannedCharge(byCurrency.Key, split++, gross));
                    gross = 0;
                }
                line.Charge = plan.Charges.Count;
                gross += line.AmountMinor;
            }
            if (gross > 0) plan.Charges.Add(new PlannedCharge(byCurrency.Key, split, gross));
        }
    }
}
