namespace Stipend.Simulation;

/// <summary>What one step of a world does, after the time before it has passed.</summary>
internal enum Act { Nothing, Join, Leave, Change, SetCap, NewCard, Publish, Undo, News, PayerDecides, OpenDue, Release, Outage }

/// <summary>
/// One step: time passes (with the worker running or not), somebody does something, and the worker then runs or does not. Every choice
/// left is taken from the numbers here, never from what happened before, so that a world can be shrunk by leaving steps out.
/// </summary>
/// <param name="Id">Where it stood in the world as first made.</param>
/// <param name="Wait">How long nothing is done before it.</param>
/// <param name="ToMidnight">Whether the wait ends around the next midnight of the billing zone, where runs are cut off.</param>
/// <param name="WorkerOn">Whether messages run while the time passes.</param>
/// <param name="Act">What is done.</param>
/// <param name="A">First choice.</param>
/// <param name="B">Second choice.</param>
/// <param name="C">Third choice.</param>
/// <param name="DrainAfter">Whether messages run right after.</param>
/// <param name="CrashAt">The point at which the process dies; 0 never.</param>
/// <param name="CrashInAct">Whether the points are counted from the act on rather than from the wait on.</param>
/// <param name="Percent">Chance of a fault per call.</param>
internal sealed record Step(int Id, Duration Wait, bool ToMidnight, bool WorkerOn, Act Act, int A, int B, int C, bool DrainAfter,
    int CrashAt, bool CrashInAct, int Percent)
{
    public override string ToString() =>
        $"#{Id} {(ToMidnight ? "until around midnight" : $"after {Wait}")}{(WorkerOn ? "" : ", worker off")}: {Act} {A} {B} {C}"
        + $"{(DrainAfter ? "" : ", not drained")}{(CrashAt > 0 ? $", dies at point {CrashAt} of {(CrashInAct ? "the act" : "the wait")}" : "")}"
        + (Percent > 0 ? $", {Percent} % faults" : "");
}

/// <summary>A creator of a world.</summary>
internal sealed record Payee(long Id, BillingModel Model, int BillDay, Currency Currency);

/// <summary>A world: its cast, its calendar and its steps, all made from one number.</summary>
internal sealed record WorldPlan(int Seed, string ZoneId, Instant Start, int Patrons, IReadOnlyList<Payee> Payees,
    IReadOnlyList<long> Amounts, IReadOnlyList<string> Cards, IReadOnlyList<Step> Steps)
{
    private static readonly string[] s_zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia", "Africa/Cairo"];

    private static readonly (int, int, int)[] s_starts =
        [(2026, 1, 28), (2026, 2, 25), (2028, 2, 26), (2026, 3, 26), (2026, 10, 22), (2026, 12, 29), (2026, 5, 14), (2027, 1, 30)];

    private static readonly string[] s_cards =
    [
        "card_pays", "card_pays", "card_pays", "card_insufficient_funds_then_pays", "card_declines", "card_stolen", "card_expired",
        "card_asks_for_confirmation", "card_asks_for_first_confirmation", "card_reply_lost_after_capture", "card_reply_lost_before",
        "card_breaks", "card_breaks_after_capture", "card_throttled", "card_pays_short",
    ];

    public DateTimeZone Zone => DateTimeZoneProviders.Tzdb[ZoneId];

    public static WorldPlan Of(int seed)
    {
        var random = new Random(seed);
        var zone = s_zones[random.Next(s_zones.Length)];
        var (year, month, day) = s_starts[random.Next(s_starts.Length)];
        var start = Instant.FromUtc(year, month, day, random.Next(24), random.Next(60), random.Next(60));
        var cards = s_cards.Where(_ => random.Next(3) > 0).Append("card_pays").Append("card_pays").ToList(); // some worlds know no trouble
        cards.Add($"card_declines_from:{start.InUtc().Date.PlusDays(random.Next(10, 40)):uuuu-MM-dd}");
        var currencies = new[] { "EUR", "EUR", "USD", "JPY" }.Select(Currency.Of).Take(1 + random.Next(4)).ToArray();
        var payees = Enumerable.Range(0, 1 + random.Next(4)).Select(i => new Payee(100 + i, (BillingModel)random.Next(4),
            Pick(random, 1, 1, 1, 15, 29, 31), currencies[random.Next(currencies.Length)])).ToList();
        long[] amounts = [.. Enumerable.Range(0, 4).Select(_ => (long)Pick(random, 20, 45, 300, 500, 1200, 99, 2500))];
        return new WorldPlan(seed, zone, start, 1 + random.Next(6), payees, amounts, cards, Walk(random));
    }

    private static List<Step> Walk(Random random)
    {
        var faults = Pick(random, 0, 0, 10, 20, 35);
        var crashes = Pick(random, 0, 0, 10, 25);
        var (idle, rush) = (Pick(random, 0, 10, 30), Pick(random, 20, 50, 80));
        var steps = new List<Step>();
        var length = 8 + random.Next(26);
        for (var i = 0; i < length; i++)
        {
            var wait = random.Next(100) < rush
                ? Duration.FromSeconds(1 + random.Next(7200))
                : Duration.FromHours(1 + random.Next(24 * Pick(random, 1, 2, 5, 8))) + Duration.FromSeconds(random.Next(3600));
            steps.Add(new Step(i, wait, random.Next(100) < 15, random.Next(100) >= idle, i < 3 ? Act.Join : Choose(random), random.Next(1000),
                random.Next(1000), random.Next(1000), random.Next(100) >= idle,
                random.Next(100) < crashes ? 1 + random.Next(14) : 0, random.Next(3) > 0, random.Next(4) == 0 ? 0 : faults));
        }
        return steps;
    }

    private static Act Choose(Random random) => random.Next(100) switch
    {
        < 16 => Act.Join,
        < 26 => Act.Leave,
        < 40 => Act.Change,
        < 44 => Act.SetCap,
        < 53 => Act.NewCard,
        < 70 => Act.Publish,
        < 74 => Act.Undo,
        < 81 => Act.News,
        < 89 => Act.PayerDecides,
        < 91 => Act.OpenDue,
        < 95 => Act.Release,
        < 97 => Act.Outage,
        _ => Act.Nothing,
    };

    private static T Pick<T>(Random random, params ReadOnlySpan<T> of) => of[random.Next(of.Length)];
}
