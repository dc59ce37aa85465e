using Stipend.Billing.Planning;

namespace Stipend.Billing.Runs;

/// <summary>What one part of a run bills, added up while it is planned, and what of it is out of the ordinary by itself.</summary>
internal sealed class RunSums(BillingOptions options)
{
    public readonly record struct Key(long PayeeId, string Currency, int AnchorDay);

    /// <summary>Lines and minor units by campaign, currency and anchor day: those of the calendar only, since how many paid posts there were
    /// changes every month.</summary>
    public Dictionary<Key, (long Lines, long Minor)> Calendar { get; } = [];

    /// <summary>Charges large enough to be compared with what their patron usually pays.</summary>
    public List<(long PatronId, PlannedCharge Charge)> Large { get; } = [];

    /// <summary>Pledges billed for more posts than is believable.</summary>
    public List<(long PledgeId, long PayeeId, Currency Currency, int Lines)> Long { get; } = [];

    public void Add(DuePatron patron, PatronPlan plan)
    {
        (long Pledge, int Count) posts = default;
        foreach (var line in plan.Lines)
        {
            if (line.WasDeferred) continue;
            if (line.PostId == 0)
            {
                var key = new Key(line.PayeeId, line.Currency.Code, patron.Pledges.Find(p => p.Id == line.PledgeId)!.AnchorDay);
                var (lines, minor) = Calendar.GetValueOrDefault(key);
                Calendar[key] = (lines + 1, checked(minor + line.AmountMinor));
                continue;
            }
            posts = posts.Pledge == line.PledgeId ? (line.PledgeId, posts.Count + 1) : (line.PledgeId, 1); // a pledge's lines come together
            if (options.ReviewPostsPerPledge <= 0 || posts.Count <= options.ReviewPostsPerPledge) continue;
            if (posts.Count > options.ReviewPostsPerPledge + 1) Long.RemoveAt(Long.Count - 1);
            Long.Add((line.PledgeId, line.PayeeId, line.Currency, posts.Count));
        }
        if (options.ReviewChargeTimes <= 0) return;
        foreach (var charge in plan.Charges)
            if (charge.GrossMinor >= options.ReviewFromMinor(charge.Currency)) Large.Add((patron.PatronId, charge));
    }
}
