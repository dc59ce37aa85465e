using Stipend.Billing.Contracts;

namespace Stipend.Simulation;

/// <summary>
/// One small world whose process dies at each point of its billing day in turn, or at each pair of points (F4). Nothing is left to chance: three
/// patrons, one who pays by the month before, one after it, and one per creation, and one kind of card for all.
/// </summary>
internal static class CrashPoints
{
    /// <summary>What the gateway does on the billing day.</summary>
    public static readonly IReadOnlyList<string> Cards =
        ["card_pays", "card_declines_from:2026-01-25", "card_reply_lost_after_capture", "card_asks_for_confirmation"];

    /// <summary>Dies at point <paramref name="first"/> of the billing day and, started again, at point <paramref name="second"/>; never for 0.</summary>
    public static WorldPlan World(string card, int first, int second = 0)
    {
        var eur = Currency.Of("EUR");
        BillingModel[] models = [BillingModel.MonthlyUpfront, BillingModel.MonthlyArrears, BillingModel.PerCreation];
        var payees = models.Select((model, i) => new Payee(100 + i, model, 1, eur)).ToList();
        var ids = 0;
        Step Of(Duration wait, Act act, int a = 0, int b = 0, int dies = 0) => new(ids++, wait, false, true, act, a, b, 0, true, dies, false, 0);
        return new WorldPlan(1, "Europe/Berlin", Instant.FromUtc(2026, 1, 20, 12, 0), 3, payees, [500], [card],
        [
            Of(Duration.FromMinutes(1), Act.Join, 0, 0), Of(Duration.FromMinutes(1), Act.Join, 1, 1), Of(Duration.FromMinutes(1), Act.Join, 2, 2),
            Of(Duration.FromHours(1), Act.Publish), Of(Duration.FromDays(11), Act.Nothing),
            Of(Duration.FromHours(30), Act.Nothing, dies: first), Of(Duration.FromMinutes(20), Act.Nothing, dies: second),
            Of(Duration.FromHours(6), Act.Nothing),
        ]);
    }

    /// <summary>Plays every single point, or every pair, until there is none further; answers how many worlds that were and what was violated.</summary>
    public static async Task<(int Worlds, List<string> Violations)> Play(SimHost host, string card, bool pairs)
    {
        var (worlds, violations) = (0, new List<string>());
        for (var first = 1; await Dies(first, 0) > 0; first++)
            for (var second = 1; pairs && await Dies(first, second) > 1; second++) { }
        return (worlds, violations);

        async Task<int> Dies(int first, int second)
        {
            var result = await Player.Play(host, World(card, first, second));
            worlds++;
            if (result.Violations.Count > 0) violations.Add($"{card}, dies at point {first}{(second > 0 ? $" and {second}" : "")}: {result.Violations[0]}");
            return result.Tally.Counts.Where(c => c.Key.StartsWith("died:", StringComparison.Ordinal)).Sum(c => c.Value);
        }
    }
}
