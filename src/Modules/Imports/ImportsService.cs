using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Imports.Contracts;
using Stipend.Imports.Model;
using Stipend.Imports.Patreon;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Imports;

/// <summary>The contract: scan, prepare, run, report.</summary>
internal sealed class ImportsService(Db db, ICampaigns campaigns, ImportPatreon import) : IImports
{
    private const int ListedRows = 1_000;

    public async Task<ImportReport> Patreon(ImportRequest request, IProgress<ImportProgress>? progress = null,
        CancellationToken ct = default)
    {
        var campaign = await campaigns.FindByVanity(request.Vanity, ct)
            ?? throw new Refusal(404, "not_found",
                $"There is no campaign at “{request.Vanity}”. Give the last part of its page's address.");
        var scan = await PatreonScan.Read(request.Path, campaign.Currency, campaign.Name, ct);
        var name = Path.GetFileName(request.Path);
        var standing = await import.Standing(campaign, scan.FileHash, ct);
        if (standing is { Status: ImportStatus.Done }) return Again(await ReportOf(standing, campaign, scan.Annual, ct), request.DryRun);
        if (request.DryRun) return await Pretend(request, campaign, scan, name, ct);
        var prepared = await import.Prepare(campaign, scan, name, null, ct);
        await import.Run(prepared, campaign, scan, request.Path, progress, ct);
        return await ReportOf(await Load(prepared.Id, ct), campaign, scan.Annual, ct);
    }

    /// <summary>The report of an import as it stands.</summary>
    internal async Task<ImportReport> ReportOf(Import i, CampaignInfo campaign, long? annual, CancellationToken ct)
    {
        var rows = await db.Set<ImportRow>().AsNoTracking().Where(r => r.ImportId == i.Id).OrderBy(r => r.RowNo).Take(ListedRows)
            .Select(r => new ImportedRow(r.Line, r.Outcome, r.Reason)).ToListAsync(ct);
        var tiers = JsonSerializer.Deserialize<List<ImportedTier>>(i.TiersCreated, Json.Options)!;
        return new ImportReport(i.FileName, campaign.Vanity, false, false,
            new ImportOutcomes(i.Imported, i.Updated, i.Unchanged, i.Skipped),
            JsonSerializer.Deserialize<ImportTotals>(i.Totals, Json.Options)!, tiers, Notes(annual ?? 0), rows,
            i.Updated + i.Unchanged + i.Skipped - rows.Count);
    }

    internal Task<Import> Load(long id, CancellationToken ct) => db.Set<Import>().AsNoTracking().FirstAsync(i => i.Id == id, ct);

    private async Task<ImportReport> Pretend(ImportRequest request, CampaignInfo campaign, PatreonScan scan, string name,
        CancellationToken ct)
    {
        var (outcomes, rows, leftOff, tiers) = await import.Pretend(campaign, scan, request.Path, ListedRows, ct);
        return new ImportReport(name, campaign.Vanity, true, false, outcomes, scan.Totals, tiers, Notes(scan.Annual), rows, leftOff);
    }

    /// <summary>A finished file given again: nothing is done, and every row that came in then is unchanged now.</summary>
    private static ImportReport Again(ImportReport report, bool dryRun) => report with
    {
        DryRun = dryRun, AlreadyDone = true, TiersCreated = [],
        Outcomes = new ImportOutcomes(0, 0, report.Outcomes.Imported + report.Outcomes.Updated + report.Outcomes.Unchanged,
        report.Outcomes.Skipped),
        Rows = report.Rows.Where(r => r.Outcome == "skipped")
        .ToList(), RowsLeftOff = Math.Max(0, report.Outcomes.Skipped - report.Rows.Count(r => r.Outcome == "skipped")),
    };

    private static List<string> Notes(long annual) => annual == 0 ? [] :
    [
        $"{annual} active members pay by the year there. Billing here is by the month or by the post, "
            + "so each sees the amount and decides before confirming.",
    ];
}
