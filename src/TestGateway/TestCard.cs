using System.Globalization;

namespace Stipend.TestGateway;

/// <summary>What a test card does when it is asked to pay.</summary>
internal enum CardAct
{
    Pays, PaysShort, Declines, DeclinesFirstConfirm, DeclinesInRange,
    Asks, AsksFirst,
    LosesReplyBefore, LosesReplyAfter, Breaks, BreaksAfter, Throttles,
}

/// <summary>
/// A card that always does the same thing, so that every outcome of a real gateway can be had on demand. Cards are named by tokens
/// (<c>card_pays</c>); there are no card numbers anywhere. Some tokens carry a date: <c>card_declines_from:2026-03-01</c>.
/// </summary>
public sealed class TestCard
{
    private static readonly DateOnly s_always = DateOnly.MaxValue;

    private static readonly TestCard[] s_named =
    [
        new("card_pays", CardAct.Pays, "Pays."),
        new("card_declines", CardAct.Declines, "Declines, softly: a later try may pay.", code: "generic_decline"),
        new("card_insufficient_funds_then_pays", CardAct.DeclinesFirstConfirm,
            "Declines the first confirm of each payment, pays from the second.", code: "insufficient_funds"),
        new("card_stolen", CardAct.Declines, "Declines for good: never try this card again.", code: "stolen_card",
            advice: "do_not_try_again"),
        new("card_expired", CardAct.Declines, "Declines until replaced: the card has expired.", code: "expired_card",
            advice: "confirm_card_data"),
        new("card_asks_for_confirmation", CardAct.Asks, "Every payment waits until its payer confirms it on the gateway's page."),
        new("card_asks_for_first_confirmation", CardAct.AsksFirst,
            "The first payment waits for its payer; once one was confirmed, later ones pay."),
        new("card_reply_lost_after_capture", CardAct.LosesReplyAfter, "Takes the money and loses the reply, once per charge."),
        new("card_reply_lost_before", CardAct.LosesReplyBefore, "Does nothing and loses the reply, once per charge; then pays."),
        new("card_breaks", CardAct.Breaks, "Answers 500 without taking money, once per charge; the same key repeats the 500 for a day."),
        new("card_breaks_after_capture", CardAct.BreaksAfter, "Takes the money and answers 500, once per charge."),
        new("card_throttled", CardAct.Throttles, "Answers 429 without taking money, once per charge; then pays."),
        new("card_pays_short", CardAct.PaysShort, "Captures one minor unit less than asked."),
    ];

    private TestCard(string token, CardAct act, string meaning, string code = "", string? advice = null, DateOnly from = default,
        DateOnly to = default)
    {
        (Token, Act, Meaning, DeclineCode, Advice, DeclinesFrom, DeclinesTo) = (token, act, meaning, code, advice, from, to);
    }

    /// <summary>The name by which a payment method is made from this card.</summary>
    public string Token { get; }

    /// <summary>One sentence for a person choosing a card.</summary>
    public string Meaning { get; }

    /// <summary>The fixed cards; the dated ones are made by <see cref="TryParse"/>.</summary>
    public static IReadOnlyList<TestCard> Named => s_named;

    /// <summary>How dated tokens are written, with their meaning.</summary>
    public static IReadOnlyList<(string Form, string Meaning)> Dated { get; } =
    [
        ("card_pays_until:2026-02-28", "Pays on billing dates up to and including that day, declines after it."),
        ("card_declines_from:2026-03-01", "Pays before that day, declines from it on."),
        ("card_declines_between:2026-03-01..2026-03-10", "Declines from the first day to the last, both included; pays before and after."),
    ];

    internal CardAct Act { get; }
    internal string DeclineCode { get; }
    internal string? Advice { get; }
    private DateOnly DeclinesFrom { get; }
    private DateOnly DeclinesTo { get; }

    /// <summary>Reads a token; false when no card has that name or its date is not a date.</summary>
    public static bool TryParse(string? token, out TestCard card)
    {
        card = s_named.FirstOrDefault(named => named.Token == token)!;
        if (card is not null) return true;
        var colon = token?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon < 0) return false;
        var (name, dates) = (token![..colon], token[(colon + 1)..]);
        card = name switch
        {
            "card_pays_until" when Day(dates) is { } day && day < s_always => InRange(token, day.AddDays(1), s_always),
            "card_declines_from" when Day(dates) is { } day => InRange(token, day, s_always),
            "card_declines_between" when dates.Split("..") is [var a, var b] && Day(a) is { } from && Day(b) is { } to && from <= to
                => InRange(token, from, to),
            _ => null!,
        };
        return card is not null;
    }

    internal bool DeclinesOn(DateOnly day) => day >= DeclinesFrom && day <= DeclinesTo;

    private static TestCard InRange(string token, DateOnly from, DateOnly to) =>
        new(token, CardAct.DeclinesInRange, "Declines on some days.", code: "generic_decline", from: from, to: to);

    private static DateOnly? Day(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
}
