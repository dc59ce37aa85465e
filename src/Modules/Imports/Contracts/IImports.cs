namespace Stipend.Imports.Contracts;

/// <summary>Brings members from elsewhere into a campaign.</summary>
public interface IImports
{
    /// <summary>
    /// Imports a Patreon members export into a campaign, streaming, in transactions of 1,000 rows. The same file again is a no-op; a
    /// stopped import goes on where it was committed. Nobody is charged and nobody is written to.
    /// </summary>
    /// <exception cref="Refusal">
    /// <c>not_found</c>, <c>file_unreadable</c>, <c>missing_column</c>, <c>wrong_separator</c>, <c>wrong_currency</c>, <c>file_empty</c>,
    /// <c>import_busy</c>: nothing was written.
    /// </exception>
    Task<ImportReport> Patreon(ImportRequest request, IProgress<ImportProgress>? progress = null, CancellationToken ct = default);
}

/// <summary>What to import.</summary>
/// <param name="DryRun">Reads and decides everything, writes nothing.</param>
public sealed record ImportRequest(string Path, string Vanity, bool DryRun);

/// <summary>Rows committed so far, of all.</summary>
public sealed record ImportProgress(long Done, long Total);

/// <summary>How every row ended: the four add up to the rows of the file.</summary>
public sealed record ImportOutcomes(long Imported, long Updated, long Unchanged, long Skipped);

/// <summary>What a file says in all, whatever became of its rows; amounts in minor units of <see cref="Currency"/>.</summary>
/// <param name="ByStatus">Rows per status text; “(none)” for an empty one, “(unreadable)” for broken rows.</param>
/// <param name="ActivePledgeMinor">Sum of the pledges of active members.</param>
/// <param name="ByTierActive">Active members per tier name.</param>
/// <param name="DuplicateEmails">Rows whose address another row has too, in whatever letter case, beyond the first.</param>
public sealed record ImportTotals(
    long Rows, IReadOnlyDictionary<string, long> ByStatus, long ActivePledgeMinor, long LifetimeMinor,
    IReadOnlyDictionary<string, long> ByTierActive,
    long FreeMembers, string Currency, long DuplicateEmails);

/// <summary>A tier the import made, or would make.</summary>
public sealed record ImportedTier(string Name, long PriceMinor, string Currency);

/// <summary>A row that did not simply come in, by its first line in the file (the header is line 1).</summary>
public sealed record ImportedRow(long Line, string Outcome, string Reason);

/// <summary>The report of an import. <see cref="AlreadyDone"/>: this file was imported before, and nothing was changed now.</summary>
/// <param name="Rows">The first rows that were updated, unchanged or skipped, each with its reason; <paramref name="RowsLeftOff"/> more
/// are not listed.</param>
public sealed record ImportReport(
    string File, string Campaign, bool DryRun, bool AlreadyDone, ImportOutcomes Outcomes, ImportTotals Totals,
    IReadOnlyList<ImportedTier> TiersCreated,
    IReadOnlyList<string> Notes, IReadOnlyList<ImportedRow> Rows, long RowsLeftOff);
