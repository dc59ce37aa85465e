using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Imports.Contracts;
using Stipend.Imports.Model;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Imports.Patreon;

/// <summary>
/// Brings a scanned file in, chunk by chunk. Each transaction holds a chunk's people, memberships, grants, reported rows and the count of
/// rows committed, which it raises only from the value it started at: whatever dies in between, the next start goes on exactly there, and
/// two at once cannot both.
/// </summary>
internal sealed class ImportPatreon(Db db, Ids ids, Books books, ICampaigns campaigns, IPeople people, IMemberships memberships)
{
    internal const int ChunkRows = 1_000;
    private static readonly string[] s_rowColumns = ["import_id", "row_no", "line", "outcome", "reason"];

    /// <summary>The import of this file into this campaign: a standing one, or a new one in state ready.</summary>
    internal async Task<Import> Prepare(CampaignInfo campaign, PatreonScan scan, string fileName, long? startedBy, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        if (await Standing(campaign, scan.FileHash, ct) is { } standing) return standing;
        var import = new Import
        {
            Id = ids.Next(), BookId = campaign.BookId, CampaignId = campaign.Id, Source = "patreon", FileName = fileName,
            FileHash = scan.FileHash, StartedBy = startedBy,
            Status = ImportStatus.Ready, TotalRows = scan.Totals.Rows, Totals = JsonSerializer.Serialize(scan.Totals, Json.Options),
            StartedAt = await books.Now(campaign.BookId, ct),
        };
        db.Add(import);
        await transaction.Commit(ct);
        return import;
    }

    internal Task<Import?> Standing(CampaignInfo campaign, string hash, CancellationToken ct) => db.Set<Import>().AsNoTracking()
        .FirstOrDefaultAsync(i => i.CampaignId == campaign.Id && i.BookId == campaign.BookId && i.FileHash == hash, ct);

    /// <summary>Runs a prepared import to its end from wherever it stands.</summary>
    internal async Task Run(Import import, CampaignInfo campaign, PatreonScan scan, string path, IProgress<ImportProgress>? progress,
        CancellationToken ct)
    {
        var tiers = await Tiers(import, campaign, scan, ct);
        using var file = PatreonFile.Open(path);
        var committed = import.CommittedRows;
        progress?.Report(new ImportProgress(committed, import.TotalRows));
        foreach (var chunk in file.Rows().Skip(checked((int)committed)).Chunk(ChunkRows))
        {
            ct.ThrowIfCancellationRequested();
            await Commit(import.Id, campaign, scan, tiers, chunk, committed, ct);
            committed += chunk.Length;
            db.ChangeTracker.Clear();
            progress?.Report(new ImportProgress(committed, import.TotalRows));
        }
        await db.Execute("UPDATE import SET status = 'done', stored_file = NULL, finished_at = @now WHERE id = @id", ct,
            ("now", await books.Now(campaign.BookId, ct)), ("id", import.Id));
    }

    /// <summary>What a run would do, row by row, without writing anything.</summary>
    internal async Task<(ImportOutcomes Outcomes, List<ImportedRow> Rows, long LeftOff, List<ImportedTier> Tiers)> Pretend(
        CampaignInfo campaign, PatreonScan scan, string path, int listed, CancellationToken ct)
    {
        var known = await Known(campaign, ct);
        var missing = scan.NeededTiers().Where(t => !known.ContainsKey(t.Name))
            .Select(t => new ImportedTier(t.Name, t.PriceMinor, campaign.CurrencyCode)).ToList();
        using var file = PatreonFile.Open(path);
        var (counts, rows, leftOff) = (new long[4], new List<ImportedRow>(), 0L);
        foreach (var chunk in file.Rows().Chunk(ChunkRows))
        {
            ct.ThrowIfCancellationRequested();
            var found = await people.FindManyByEmail(Winners(chunk, scan).Select(r => r.Email).ToList(), ct);
            var here = await memberships.OfPeople(campaign.Id, found.Values.ToList(), ct);
            foreach (var row in chunk)
            {
                var personId = row.Broken is null && found.TryGetValue(row.Email, out var id) ? id : (long?)null;
                var verdict = Judge(row, scan, known, personId, personId is { } p ? here.GetValueOrDefault(p) : null, campaign);
                counts[(int)verdict.Outcome]++;
                if (verdict.Outcome == Outcome.Imported) continue;
                if (rows.Count < listed) rows.Add(new ImportedRow(row.Line, Columns.Of(verdict.Outcome), verdict.Reason!));
                else leftOff++;
            }
        }
        return (new ImportOutcomes(counts[0], counts[1], counts[2], counts[3]), rows, leftOff, missing);
    }

    private async Task Commit(
        long importId, CampaignInfo campaign, PatreonScan scan, IReadOnlyDictionary<string, long> tiers, PatreonRow[] chunk, long committed,
        CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var winners = Winners(chunk, scan).ToList();
        var invited = await people.InviteMany(winners.ConvertAll(r =>
            new NewPerson(r.Email, r.Name.Length > 0 ? r.Name : r.Email.Split('@')[0])), ct);
        var here = await memberships.OfPeople(campaign.Id, invited.Values.Where(p => !p.IsNew).Select(p => p.Id).ToList(), ct);
        var (counts, reported, wanted) = (new long[4], new List<(PatreonRow Row, Verdict Verdict)>(), new List<ImportedMembership>());
        foreach (var row in chunk)
        {
            var personId = row.Broken is null ? invited.GetValueOrDefault(row.Email)?.Id : null;
            var verdict = Judge(row, scan, tiers, personId, personId is { } p ? here.GetValueOrDefault(p) : null, campaign);
            counts[(int)verdict.Outcome]++;
            if (verdict.Outcome is Outcome.Imported or Outcome.Updated) wanted.Add(Verdict.Membership(row, personId!.Value,
                TierOf(row, tiers)));
            if (verdict.Outcome != Outcome.Imported) reported.Add((row, verdict));
        }
        await memberships.Import(campaign.Id, wanted, ct);
        await Report(importId, reported, ct);
        if (await db.Execute("""
            UPDATE import SET status = 'running', committed_rows = @upto, imported = imported + @imported, updated = updated + @updated,
                unchanged = unchanged + @unchanged, skipped = skipped + @skipped
            WHERE id = @id AND committed_rows = @from AND status <> 'done'
            """, ct,
            ("upto", committed + chunk.Length), ("imported", counts[0]), ("updated", counts[1]),
            ("unchanged", counts[2]), ("skipped", counts[3]),
            ("id", importId), ("from", committed)) == 0)
            throw Refusal.Conflict("import_busy",
                "This file is being imported right now. Look at its progress instead of starting it again.");
        await transaction.Commit(ct);
    }

    private async Task Report(long importId, List<(PatreonRow Row, Verdict Verdict)> reported, CancellationToken ct)
    {
        await using var writer = await db.BulkInsert("import_row", s_rowColumns, ct);
        foreach (var (row, verdict) in reported)
        {
            writer.Int(importId);
            writer.Int(row.RowNo);
            writer.Int(row.Line);
            writer.Text(Columns.Of(verdict.Outcome));
            writer.Text(verdict.Reason!);
            writer.EndRow();
        }
        await writer.Complete(ct);
    }

    /// <summary>Readable rows that count for their address: the others are skipped and make nobody.</summary>
    private static IEnumerable<PatreonRow> Winners(PatreonRow[] chunk, PatreonScan scan) =>
        chunk.Where(r => r.Broken is null && scan.Counts(r));

    private static Verdict Judge(
        PatreonRow row, PatreonScan scan, IReadOnlyDictionary<string, long> tiers, long? personId, MembershipInfo? here,
        CampaignInfo campaign)
    {
        if (row.Broken is { } reason) return new Verdict(Outcome.Skipped, reason);
        if (!scan.Counts(row)) return new Verdict(Outcome.Skipped,
            "Another row has the same address in other letters; that row counts, since nobody is a member twice.");
        return Verdict.Of(row, TierOf(row, tiers), here, personId == campaign.OwnerId);
    }

    private static long? TierOf(PatreonRow row, IReadOnlyDictionary<string, long> tiers) =>
        row.Status != PatronStatus.Free && tiers.TryGetValue(row.Tier, out var id) ? id : null;

    /// <summary>Tiers by name, whatever its letter case; an offered one before a retired one.</summary>
    private async Task<Dictionary<string, long>> Known(CampaignInfo campaign, CancellationToken ct)
    {
        var known = new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase);
        foreach (var tier in (await campaigns.Tiers(campaign.Id, ct)).OrderBy(t => t.IsRetired)) known.TryAdd(tier.Name.Trim(), tier.Id);
        return known;
    }

    /// <summary>Makes the tiers that are missing; existing ones keep their name and price.</summary>
    private async Task<Dictionary<string, long>> Tiers(Import import, CampaignInfo campaign, PatreonScan scan, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var known = await Known(campaign, ct);
        var made = new List<ImportedTier>();
        foreach (var (name, price) in scan.NeededTiers().Where(t => !known.ContainsKey(t.Name)).ToList())
        {
            known[name] = (await campaigns.AddTier(campaign.Id, name, "", price, ct)).Id;
            made.Add(new ImportedTier(name, price, campaign.CurrencyCode));
        }
        if (made.Count > 0)
            await db.Execute("UPDATE import SET tiers_created = @tiers WHERE id = @id", ct,
                ("tiers", JsonSerializer.Serialize(made, Json.Options)), ("id", import.Id));
        await transaction.Commit(ct);
        return known;
    }
}
