namespace Stipend.Vault.Contracts;

/// <summary>What a scrub found of one object: <see cref="Fault"/> is <c>missing</c>, <c>damaged</c>, <c>unreadable</c>, or <c>orphan</c> for one
/// that nothing names.</summary>
public sealed record ScrubFinding(string Store, string Key, string Fault, IReadOnlyList<string> Files);

/// <summary>What a scrub looked at and found.</summary>
public sealed record ScrubReport(long Objects, long Bytes, IReadOnlyList<ScrubFinding> Findings)
{
    /// <summary>Every byte that a file names is there and is what was taken in.</summary>
    public bool Passed => Findings.All(f => f.Fault == "orphan");
}

/// <summary>What a move did: how many objects went, and how many are still elsewhere.</summary>
public sealed record MoveReport(long Moved, long Left);

/// <summary>The operator's work on the vault.</summary>
public interface IVaultKeeping
{
    /// <summary>Reads every object and compares it with what was taken in; damage is noted on its row. Objects nothing names are found, and removed when
    /// asked.</summary>
    /// <param name="campaignId">One campaign's, or null for all.</param>
    /// <param name="removeOrphans">Removes what nothing has named for two days.</param>
    /// <param name="ct">Stops it.</param>
    Task<ScrubReport> Scrub(long? campaignId, bool removeOrphans, CancellationToken ct = default);

    /// <summary>From now on a campaign's files belong in a store. The moving is a job of the site, which may be stopped and goes on.</summary>
    /// <exception cref="Refusal"><c>unknown_store</c>: this site has no such store.</exception>
    Task BeginMove(long campaignId, string store, CancellationToken ct = default);

    /// <summary>Moves now what <see cref="BeginMove"/> left to the job.</summary>
    Task<MoveReport> MoveNow(long campaignId, CancellationToken ct = default);
}
