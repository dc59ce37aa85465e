using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;
using Stipend.Vault.Checking;
using Stipend.Vault.Contracts;
using Stipend.Vault.Model;

namespace Stipend.Vault.Taking;

/// <summary>Where files are put: an own campaign and something of it that holds files.</summary>
internal sealed record Target(CampaignInfo Campaign, IFileHolder Holder, long HolderId);

/// <summary>Takes files in, however they come: streamed to the disk, looked at, kept.</summary>
internal sealed class Intake(ICampaigns campaigns, IEnumerable<IFileHolder> holders, Shelves shelves, Incoming incoming, VaultOptions options, Ids ids)
{
    /// <exception cref="Refusal">The campaign is not this person's, or has no such holder: as if it did not exist.</exception>
    public async Task<Target> Owned(string vanity, string kind, long holderId, HttpContext http, CancellationToken ct)
    {
        var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("campaign");
        var holder = holders.SingleOrDefault(h => h.Kind == kind && h.TakesUploads) ?? throw Refusal.NotFound("page");
        return await holder.Exists(campaign.Id, holderId, ct) ? new Target(campaign, holder, holderId) : throw Refusal.NotFound(kind);
    }

    /// <summary>One file out of a stream.</summary>
    public Task<VaultFile> Take(CampaignInfo campaign, long uploaderId, string holderKind, long holderId, string name, Stream content,
        CancellationToken ct) => Take(new NewFile(campaign.Id, uploaderId, holderKind, holderId, name), content, ct);

    /// <summary>One file out of a stream, for a holder that was made sure of.</summary>
    public async Task<VaultFile> Take(NewFile wanted, Stream content, CancellationToken ct)
    {
        var shelf = await shelves.Open(wanted.CampaignId, ct);
        // A module may send what the campaign has already, which takes no room: the no that counts comes when it is known.
        if (wanted is { Known: null, Alongside: null }) await shelves.CheckRoom(wanted.CampaignId, 1, ct);
        var (id, clean) = (ids.Next(), FileNames.Clean(wanted.Name));
        try
        {
            Arrived arrived;
            using (var keyed = Incoming.Keyed(shelf.HashKey))
            await using (var file = incoming.Open(id))
            {
                await file.Receive(content, options.MaxFileBytes, [keyed], null, ct);
                file.Flush();
                var facts = wanted.Known is { } known ? FileFacts.Of(known) : file.Look(clean);
                arrived = new Arrived(wanted.CampaignId, wanted.UploaderId, wanted.HolderKind, wanted.HolderId, clean, incoming.PathOf(id), file.Length,
                    Convert.ToHexStringLower(keyed.GetHashAndReset()), facts, null) { IsBeyondQuota = wanted.Known is not null, Alongside = wanted.Alongside };
            }
            return await shelves.Keep(arrived, ct);
        }
        finally
        {
            incoming.Delete(id);
        }
    }

    /// <summary>Every file of a form, without the form ever being in memory. The first that is refused ends it; those before it stay.</summary>
    public async Task<List<VaultFile>> TakeForm(Target target, HttpContext http, CancellationToken ct)
    {
        if (http.Request.ContentLength is { } length) await shelves.CheckRoom(target.Campaign.Id, Math.Max(1, length - 4096), ct);
        var type = MediaTypeHeaderValue.Parse(http.Request.ContentType);
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value is { Length: > 0 and <= 100 } given ? given
            : throw new Refusal(400, "form_unreadable", "The form could not be read: it names no boundary.");
        var taken = new List<VaultFile>();
        try
        {
            var reader = new MultipartReader(boundary, http.Request.Body, 64 * 1024);
            while (await reader.ReadNextSectionAsync(ct) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var part) || !part.IsFileDisposition()) continue;
                var name = HeaderUtilities.RemoveQuotes(part.FileNameStar.HasValue ? part.FileNameStar : part.FileName).Value;
                if (string.IsNullOrEmpty(name)) continue; // a field left empty
                taken.Add(await Take(target.Campaign, http.RequireViewer().Id, target.Holder.Kind, target.HolderId, name, section.Body, ct));
            }
        }
        catch (InvalidDataException)
        {
            throw new Refusal(400, "form_unreadable", "The form could not be read. Reload the page and choose the file again.");
        }
        catch (IOException error) when (error.Message.Contains("Unexpected end of Stream", StringComparison.Ordinal))
        {
            throw new Refusal(400, "upload_cut_off", "The upload was cut off on its way. Try again; nothing of it was kept.");
        }
        return taken.Count > 0 ? taken : throw Refusal.InvalidField("file", "Choose a file first.");
    }
}
