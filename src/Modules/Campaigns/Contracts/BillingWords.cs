using Stipend.Platform.Ui;

namespace Stipend.Campaigns.Contracts;

/// <summary>A billing model in a reader's words.</summary>
public static class BillingWords
{
    /// <summary>The period an amount is for, as <c>Amount Per</c> takes it: “post” or “month”.</summary>
    public static string Per(this BillingModel model) => model == BillingModel.PerCreation ? "post" : "month";

    /// <summary>When members are charged, in one sentence.</summary>
    public static string Describe(this BillingModel model, int billDay, Localizer l) => model switch
    {
        BillingModel.PerCreation => l["For each paid post; everything of a month is charged on day {0} of the next.", billDay],
        BillingModel.MonthlyAnniversary => l["Every month, on the day you joined."],
        BillingModel.MonthlyUpfront => l["When you join, then on day {0} of each month for the month to come.", billDay],
        _ => l["On day {0} of each month, for the month that ended.", billDay],
    };
}
