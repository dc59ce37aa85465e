using Stipend.Ledger.Contracts;

namespace Stipend.Ledger.Verifying;

/// <summary>Collects what is wrong, check by check: all of it counted, the first few named.</summary>
internal sealed class Findings
{
    private const int Named = 5;

    public const string Guards = "guards", Whole = "journals_whole", Amounts = "amounts_positive", Currency = "one_currency";
    public const string Books = "books_apart", Orphans = "nothing_loose", Seals = "seals", Snapshots = "snapshots";
    public const string Gaps = "closes_without_gaps", Chain = "hash_chain", Net = "accounts_net";

    private static readonly (string Name, string Promise)[] s_checks =
    [
        (Guards, "The triggers and unique keys that keep the books append-only are in place and unchanged."),
        (Whole, "Every journal has exactly the transfers it was posted with."),
        (Amounts, "Every transfer moves a positive amount between two accounts."),
        (Currency, "Both accounts of every transfer have the journal's currency."),
        (Books, "Both accounts of every transfer belong to the journal's book."),
        (Orphans, "Every transfer belongs to a journal and to accounts that exist."),
        (Seals, "Every journal's content still has the hash it was posted with."),
        (Snapshots, "Balances recomputed from all transfers equal the snapshots of every close."),
        (Gaps, "Closed months follow each other without a gap."),
        (Chain, "The hash of every closed month, recomputed over its journals, equals the stored one and builds on the one before."),
        (Net, "Over all accounts of a book and currency, debits equal credits."),
    ];

    private readonly Dictionary<string, (long Count, List<string> First)> _found =
        s_checks.ToDictionary(c => c.Name, _ => (0L, new List<string>()));

    public void Add(string check, string offender)
    {
        var (count, first) = _found[check];
        if (first.Count < Named) first.Add(offender);
        _found[check] = (count + 1, first);
    }

    public IReadOnlyList<VerifyCheck> Report() =>
        [.. s_checks.Select(c => new VerifyCheck(c.Name, c.Promise, _found[c.Name].Count, _found[c.Name].First))];
}
