using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Imports.Model;

/// <summary>Where an import stands.</summary>
internal enum ImportStatus { Ready, Running, Done, Failed }

/// <summary>One file brought into one campaign.</summary>
internal sealed class Import
{
    public long Id { get; set; }
    public long BookId { get; set; }
    public long CampaignId { get; set; }
    public string Source { get; set; } = "";
    public string FileName { get; set; } = "";

    /// <summary>SHA-256 of the file: the same file is the same import.</summary>
    public string FileHash { get; set; } = "";

    /// <summary>An uploaded file's name in the data folder, until it is done.</summary>
    public string? StoredFile { get; set; }
    public long? StartedBy { get; set; }
    public ImportStatus Status { get; set; }
    public long TotalRows { get; set; }
    public long CommittedRows { get; set; }
    public long Imported { get; set; }
    public long Updated { get; set; }
    public long Unchanged { get; set; }
    public long Skipped { get; set; }
    public string Totals { get; set; } = "";
    public string TiersCreated { get; set; } = "[]";
    public string? Message { get; set; }
    public Instant StartedAt { get; set; }
    public Instant? FinishedAt { get; set; }
}

/// <summary>A row that did not simply come in.</summary>
internal sealed class ImportRow
{
    public long ImportId { get; set; }
    public long RowNo { get; set; }
    public long Line { get; set; }
    public string Outcome { get; set; } = "";
    public string Reason { get; set; } = "";
}

internal sealed class ImportsModel : IModelPart
{
    public void Build(Tables tables)
    {
        tables.Map<Import>();
        tables.Map<ImportRow>(nameof(ImportRow.ImportId), nameof(ImportRow.RowNo));
    }
}

/// <summary>Erases a sandbox's imports, so that its files can be imported again.</summary>
internal sealed class ErasesImports(Db db) : IErasesBook
{
    public async Task Erase(long bookId, CancellationToken ct)
    {
        await db.Execute("DELETE FROM import_row WHERE import_id IN (SELECT id FROM import WHERE book_id = @book)", ct, ("book", bookId));
        await db.Execute("DELETE FROM import WHERE book_id = @book", ct, ("book", bookId));
    }
}
