using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;
using Stipend.Vault.Contracts;
using Stipend.Vault.Model;
using Stipend.Vault.Resumable;

namespace Stipend.Vault.Taking;

/// <summary>Puts files to something of an own campaign, from a plain form or by the resumable protocol, and takes them away again.</summary>
internal static class UploadFiles
{
    /// <summary>What a form has around its files.</summary>
    private const long FormBytes = 1024 * 1024;

    internal static void Map(IEndpointRouteBuilder app)
    {
        var options = app.ServiceProvider.GetRequiredService<VaultOptions>();
        app.MapPost("/{vanity}/uploads/{kind}/{holderId:long}", Take).RequireSignIn().AcceptsUpTo(options.MaxFileBytes + FormBytes);
        app.MapPost("/{vanity}/uploads/files/{id:long}/remove", Remove).RequireSignIn();
    }

    internal sealed record Answer(long Id, string Name, string Kind, string Url);

    private static async Task<IResult> Take(string vanity, string kind, long holderId, HttpContext http, Intake intake, Uploads uploads, Shelves shelves,
        CancellationToken ct)
    {
        var target = await intake.Owned(vanity, kind, holderId, http, ct);
        if (!http.Request.HasFormContentType) return await uploads.Create(target, http, ct);
        shelves.CheckSize((http.Request.ContentLength ?? 0) - FormBytes); // the files of a form together; nothing of it is read
        if (!IsPage(http.Request)) return Results.Json((await intake.TakeForm(target, http, ct)).ConvertAll(Of), statusCode: StatusCodes.Status201Created);
        try
        {
            var taken = await intake.TakeForm(target, http, ct);
            http.Flashes(taken.Count == 1 ? "The file is added." : "The files are added.");
        }
        catch (Refusal refusal) when (refusal.Status is not (401 or 403 or 404))
        {
            http.Flashes(refusal.Message, Tone.Danger); // the page with what is there already says it best
        }
        return Pages.SeeOther(target.Holder.EditPath(target.Campaign, holderId) + "#files");
    }

    private static async Task<IResult> Remove(string vanity, long id, HttpContext http, ICampaigns campaigns, IEnumerable<IFileHolder> holders, Db db,
        Shelves shelves, CancellationToken ct)
    {
        var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("campaign");
        var file = await db.VaultFiles.AsNoTracking().SingleOrDefaultAsync(f => f.Id == id && f.CampaignId == campaign.Id, ct) ?? throw Refusal.NotFound("file");
        var holder = holders.SingleOrDefault(h => h.Kind == file.HolderKind && h.TakesUploads) ?? throw Refusal.NotFound("file");
        await shelves.Release(campaign.Id, [id], ct);
        http.Flashes("The file is removed.");
        return Pages.SeeOther(holder.EditPath(campaign, file.HolderId) + "#files");
    }

    private static bool IsPage(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static Answer Of(VaultFile file) => new(file.Id, file.Name, Columns.Of(file.Kind), $"/media/{file.Id}/{Uri.EscapeDataString(file.Name)}");
}
