namespace Stipend.Ledger.Contracts;

/// <summary>The result of checking the books.</summary>
/// <param name="Checks">Every check made, passed or not, in a fixed order.</param>
/// <param name="Books">Books seen.</param>
/// <param name="Journals">Journals read.</param>
/// <param name="Transfers">Transfers read.</param>
/// <param name="Closes">Closed periods checked.</param>
public sealed record VerifyReport(IReadOnlyList<VerifyCheck> Checks, int Books, long Journals, long Transfers, int Closes)
{
    public bool Passed => Checks.All(c => c.Passed);
}

/// <summary>One check: its stable name, what it promises, and what broke the promise.</summary>
/// <param name="Name">Stable snake_case name.</param>
/// <param name="Promise">The sentence that must be true.</param>
/// <param name="Failures">How many things broke it.</param>
/// <param name="First">The first few, each naming the row.</param>
public sealed record VerifyCheck(string Name, string Promise, long Failures, IReadOnlyList<string> First)
{
    public bool Passed => Failures == 0;
}
