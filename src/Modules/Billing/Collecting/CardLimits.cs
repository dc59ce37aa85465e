namespace Stipend.Billing.Collecting;

/// <summary>How often a network lets a card that does not pay be tried within a time (billing.md §8.2).</summary>
internal sealed record CardLimit(int Tries, Duration Within);

/// <summary>The networks' limits, and when a card may be tried again under them. Pure.</summary>
internal static class CardLimits
{
    /// <summary>Why a charge waits: its card was tried as often as is allowed.</summary>
    public const string Code = "card_limit";

    private static readonly CardLimit s_day = new(10, Duration.FromHours(24));
    private static readonly CardLimit s_visa = new(15, Duration.FromDays(30));

    private static readonly Dictionary<string, CardLimit[]> s_rules = new(StringComparer.OrdinalIgnoreCase)
    {
        ["visa"] = [s_visa], // sources say 15 or 20: the smaller holds with both
        ["mastercard"] = [s_day, new(35, Duration.FromDays(30))],
    };

    /// <summary>A network nobody told us is bound by the strictest.</summary>
    private static readonly CardLimit[] s_others = [s_day, s_visa];

    /// <summary>How far back any rule looks.</summary>
    public static readonly Duration Longest = Duration.FromDays(30);

    /// <summary>When a card may be tried again after its tries so far, in any order; null: now.</summary>
    public static Instant? FreeAt(string network, IReadOnlyList<Instant> tries, Instant now)
    {
        Instant? free = null;
        foreach (var rule in s_rules.GetValueOrDefault(network) ?? s_others)
        {
            var within = tries.Where(t => t > now - rule.Within).Order().ToList();
            if (within.Count < rule.Tries) continue;
            var at = within[^rule.Tries] + rule.Within; // when one fewer than the limit is left
            free = free is { } later && later > at ? later : at;
        }
        return free;
    }
}
