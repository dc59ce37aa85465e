namespace Stipend.Billing.Planning;

/// <summary>Where what was due in one currency went. Due counts new obligations only; a line that was deferred before is not due
/// again.</summary>
internal sealed record PlanTotal(Currency Currency)
{
    public int DueLines { get; set; }
    public long DueMinor { get; set; }
    public long ChargedMinor { get; set; }
    public long WaivedMinor { get; set; }
    public long DeferredMinor { get; set; }
    public long ParkedMinor { get; set; }
    public int Charges { get; set; }
}

internal static class PlanTotals
{
    public static IReadOnlyList<PlanTotal> Of(IEnumerable<PatronPlan> plans)
    {
        var totals = new SortedDictionary<string, PlanTotal>(StringComparer.Ordinal);
        foreach (var plan in plans) Add(totals, plan);
        return totals.Values.ToList();
    }

    public static void Add(SortedDictionary<string, PlanTotal> totals, PatronPlan plan)
    {
        foreach (var line in plan.Lines.Where(l => !l.WasDeferred))
        {
            var total = In(totals, line.Currency);
            total.DueLines++;
            total.DueMinor = checked(total.DueMinor + line.AmountMinor);
            if (line.Charge >= 0) total.ChargedMinor += line.AmountMinor;
            else total.DeferredMinor += line.AmountMinor;
        }
        foreach (var skip in plan.Skips)
        {
            var total = In(totals, skip.Currency);
            total.DueLines++;
            total.DueMinor = checked(total.DueMinor + skip.AmountMinor);
            if (skip.Kind == "parked") total.ParkedMinor += skip.AmountMinor;
            else total.WaivedMinor += skip.AmountMinor;
        }
        foreach (var charge in plan.Charges) In(totals, charge.Currency).Charges++;
    }

    private static PlanTotal In(SortedDictionary<string, PlanTotal> totals, Currency currency)
    {
        if (!totals.TryGetValue(currency.Code, out var total)) totals[currency.Code] = total = new PlanTotal(currency);
        return total;
    }
}
