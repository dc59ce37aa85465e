namespace Stipend.Kernel;

/// <summary>How a campaign bills.</summary>
public enum BillingModel
{
    /// <summary>
    /// Nothing at joining; each paid post adds a pending line at the pledge's amount; pending lines are charged on the billing day, or at
    /// cancelling.
    /// </summary>
    PerCreation,

    /// <summary>Full price at joining, then on the same day of each month.</summary>
    MonthlyAnniversary,

    /// <summary>Full price at joining for the present month, then on the billing day for the month to come.</summary>
    MonthlyUpfront,

    /// <summary>Nothing at joining; charged on the billing day for the month that ended.</summary>
    MonthlyArrears,
}

/// <summary>
/// A patron's own limit on a per-creation pledge in one month: a number of posts, an amount, or both. Null means no limit of that kind.
/// </summary>
public sealed record PledgeCap(int? Posts, long? AmountMinor)
{
    public static PledgeCap None { get; } = new(null, null);
    public bool IsNone => Posts is null && AmountMinor is null;
}
