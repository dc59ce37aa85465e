using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Imports.Contracts;
using Stipend.Imports.Model;
using Stipend.Imports.Patreon;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Imports.Upload;

/// <summary>
/// The import in the browser: upload, see what the file says, start, watch, read the report. It runs as a job, so the page can be left and
/// come back to.
/// </summary>
internal static class UploadImport
{
    private const long LargestFile = 50L * 1024 * 1024;
    private const int Listed = 200;
    private const int PageSize = 20;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/import", Show).RequireSignIn();
        app.MapPost("/{vanity}/import", Upload).RequireSignIn().WithMetadata(new RequestSizeLimitAttribute(LargestFile + 64 * 1024));
        app.MapGet("/{vanity}/import/{id:long}", Watch).RequireSignIn();
        app.MapPost("/{vanity}/import/{id:long}/start", Start).RequireSignIn();
    }

    internal sealed record Services(Db Db, ICampaigns Campaigns, ImportPatreon Import, ImportsService Reports, DataOptions Data,
        Outbox Outbox, Books Books);

    /// <summary>Where an upload waits for its job.</summary>
    internal static string StoredPath(DataOptions data, string stored) => Path.Combine(data.Folder, "imports", stored);

    private static Task<IResult> Show(string vanity, HttpContext http, Services services, CancellationToken ct) =>
        Draw(vanity, http, FormState.Empty, services, ct);

    private static async Task<IResult> Draw(string vanity, HttpContext http, FormState state, Services services, CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, services, ct);
        long? before = long.TryParse(http.Request.Query["before"], NumberStyles.None, CultureInfo.InvariantCulture, out var typed) ? typed : null;
        var from = before ?? long.MaxValue;
        var past = await services.Db.Set<Import>().AsNoTracking()
            .Where(i => i.CampaignId == campaign.Id && i.BookId == campaign.BookId && i.Id < from).OrderByDescending(i => i.Id).Take(PageSize + 1)
            .Select(i => new ImportPage.Past(i.Id, i.FileName, i.StartedAt, i.TotalRows, i.CommittedRows, i.Status == ImportStatus.Done))
            .ToListAsync(ct);
        return Pages.Show<ImportPage>(new ImportPage.View(campaign, past.Take(PageSize).ToList(), past.Count > PageSize ? past[PageSize - 1].Id : null,
            before is null, state, await services.Books.Now(campaign.BookId, ct)),
            state.HasErrors ? 422 : 200);
    }

    private static Task<IResult> Upload(string vanity, HttpContext http, Services services, CancellationToken ct) =>
        FormInput.Submit(http, async input =>
    {
        var campaign = await Owned(vanity, http, services, ct);
        if (input.Files.GetFile("file") is not { Length: > 0 } file) throw Refusal.InvalidField("file",
            "Choose the CSV file you exported.");
        if (file.Length > LargestFile) throw Refusal.InvalidField("file",
            "The file is larger than 50 MB. Use “stipend import patreon FILE” on the machine for larger ones.");
        Directory.CreateDirectory(Path.Combine(services.Data.Folder, "imports"));
        var stored = Path.GetRandomFileName() + ".csv";
        var path = StoredPath(services.Data, stored);
        try
        {
            await using (var target = File.Create(path)) await file.CopyToAsync(target, ct);
            var scan = await PatreonScan.Read(path, campaign.Currency, campaign.Name, ct);
            var import = await services.Import.Prepare(campaign, scan, Path.GetFileName(file.FileName), http.RequireViewer().Id, ct);
            if (import.Status != ImportStatus.Done
                && (import.StoredFile is null || !File.Exists(StoredPath(services.Data, import.StoredFile))))
                await services.Db.Execute("UPDATE import SET stored_file = @file WHERE id = @id", ct, ("file", stored), ("id", import.Id));
            else File.Delete(path); // known already; the one kept is the same
            return Pages.SeeOther($"/{campaign.Vanity}/import/{import.Id}");
        }
        catch (Refusal)
        {
            File.Delete(path);
            throw;
        }
    }, state => Draw(vanity, http, state, services, ct));

    private static async Task<IResult> Watch(string vanity, long id, HttpContext http, Services services, CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, services, ct);
        var import = await Find(campaign, id, services, ct);
        if (import.Status == ImportStatus.Running) http.Response.Headers["Refresh"] = "2"; // no script needed; leaving changes nothing
        var report = await services.Reports.ReportOf(import, campaign, null, ct);
        var tiers = (await services.Campaigns.Tiers(campaign.Id, ct)).Select(t => t.Name.Trim())
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var newTiers = report.Totals.ByTierActive.Keys.Where(t => t != "(none)" && !tiers.Contains(t)).ToList();
        return Pages.Show<ImportProgressPage>(new ImportProgressPage.View(campaign, import.Id,
            report with { Rows = report.Rows.Take(Listed).ToList() }, Columns.Of(import.Status),
            import.CommittedRows, import.TotalRows, import.Status == ImportStatus.Ready ? newTiers : [], import.Message,
            await services.Books.Now(campaign.BookId, ct)));
    }

    private static async Task<IResult> Start(string vanity, long id, HttpContext http, Services services, CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, services, ct);
        var import = await Find(campaign, id, services, ct);
        if (import.Status == ImportStatus.Done) return Pages.SeeOther($"/{campaign.Vanity}/import/{id}");
        if (import.StoredFile is null || !File.Exists(StoredPath(services.Data, import.StoredFile)))
            throw Refusal.Conflict("file_gone",
                "The uploaded file is no longer here. Upload it again; the import goes on where it stopped.");
        await using (var transaction = await services.Db.BeginWrite(ct))
        {
            if (await services.Db.Execute(
                "UPDATE import SET status = 'running', message = NULL WHERE id = @id AND status IN ('ready', 'failed')", ct,
                ("id", id)) == 1)
                services.Outbox.Enqueue(new RunImport(id), await services.Books.Now(campaign.BookId, ct), campaign.BookId);
            await transaction.Commit(ct);
        }
        return Pages.SeeOther($"/{campaign.Vanity}/import/{id}");
    }

    private static async Task<CampaignInfo> Owned(string vanity, HttpContext http, Services services, CancellationToken ct) =>
        await services.Campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");

    private static async Task<Import> Find(CampaignInfo campaign, long id, Services services, CancellationToken ct) =>
        await services.Db.Set<Import>().AsNoTracking()
        .FirstOrDefaultAsync(i => i.Id == id && i.CampaignId == campaign.Id && i.BookId == campaign.BookId, ct)
            ?? throw Refusal.NotFound("import");
}

/// <summary>A job: runs an uploaded file's import to its end, from wherever it stands.</summary>
internal sealed record RunImport(long ImportId);

internal sealed class ImportJob(Db db, ICampaigns campaigns, ImportPatreon import, DataOptions data) : IPerform<RunImport>
{
    public async Task Perform(RunImport message, MessageContext context, CancellationToken ct)
    {
        var standing = await db.Set<Import>().AsNoTracking().FirstOrDefaultAsync(i => i.Id == message.ImportId, ct);
        if (standing is not { Status: ImportStatus.Running, StoredFile: { } stored }
            || await campaigns.Find(standing.CampaignId, ct) is not { } campaign) return;
        var path = UploadImport.StoredPath(data, stored);
        try
        {
            var scan = await PatreonScan.Read(path, campaign.Currency, campaign.Name, ct);
            await import.Run(standing, campaign, scan, path, null, ct);
            File.Delete(path);
        }
        catch (Refusal refusal)
        {
            await db.Execute("UPDATE import SET status = 'failed', message = @message WHERE id = @id AND status <> 'done'", ct,
                ("message", refusal.Message), ("id", standing.Id));
        }
    }
}
