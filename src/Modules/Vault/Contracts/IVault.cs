using Microsoft.AspNetCore.Http;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;

namespace Stipend.Vault.Contracts;

/// <summary>How a file is shown: with a player, in a gallery, or to download.</summary>
public enum FileKind { Audio, Video, Image, Attachment }

/// <summary>A chapter of a recording.</summary>
public sealed record Chapter(long StartMs, string Title);

/// <summary>A file as pages show it. <see cref="Path"/> asks the gate at every request, so it may be drawn for anybody.</summary>
public sealed record HeldFile(long Id, string Name, FileKind Kind, string ContentType, long SizeBytes, int? WidthPx, int? HeightPx,
    long? DurationMs, IReadOnlyList<Chapter> Chapters)
{
    public string Path => $"/media/{Id}/{Uri.EscapeDataString(Name)}";

    /// <summary>Of a picture: made small where that could be done, else the picture itself.</summary>
    public string SmallPath => Path + "?small";
}

/// <summary>A file that a module takes in by itself, for a holder of its own.</summary>
public sealed record NewFile(long CampaignId, long UploaderId, string HolderKind, long HolderId, string Name)
{
    /// <summary>Called with the file's id in the transaction that keeps it, in which nobody else changes the campaign's files.</summary>
    public Func<long, Task>? Alongside { get; init; }

    /// <summary>A picture that was taken in before it came to the vault: kept as this, neither looked at again nor refused for the quota, which counts
    /// it.</summary>
    public PictureHead? Known { get; init; }
}

/// <summary>Bytes a campaign uses and may use, equal files counted once.</summary>
public sealed record VaultUse(long UsedBytes, long QuotaBytes);

/// <summary>The rule a holder is open by, and since when it is published: a tier may reach only so far back.</summary>
public sealed record HolderDoor(long RuleId, Instant PublishedAt);

/// <summary>
/// What can hold files, such as a post. The vault asks it at every request, so a file is open exactly as long as what holds it; register
/// with <c>AddScoped&lt;IFileHolder, …&gt;</c>.
/// </summary>
public interface IFileHolder
{
    /// <summary>The word that names this kind of holder in addresses and rows: <c>post</c>.</summary>
    string Kind { get; }

    /// <summary>Whether the campaign has this holder, so that its owner may put files to it.</summary>
    Task<bool> Exists(long campaignId, long holderId, CancellationToken ct);

    /// <summary>What opens the holder now; null while it is closed to everybody but the owner, as a draft is.</summary>
    Task<HolderDoor?> Door(long campaignId, long holderId, CancellationToken ct);

    /// <summary>The page where the owner sees the holder's files.</summary>
    string EditPath(CampaignInfo campaign, long holderId);

    /// <summary>Whether the owner puts files to it and takes them away by the vault's own forms; else its module does, and knows when.</summary>
    bool TakesUploads => true;

    /// <summary>Takes into the vault what this module still keeps outside it, of one campaign or of all; answers what is there no more, or not as it
    /// was. Asked by every scrub.</summary>
    Task<IReadOnlyList<ScrubFinding>> Bring(IVault vault, long? campaignId, CancellationToken ct) => Task.FromResult<IReadOnlyList<ScrubFinding>>([]);
}

/// <summary>A recording somebody stopped in.</summary>
public sealed record Unfinished(long FileId, string Name, FileKind Kind, string HolderKind, long HolderId, long AtMs, long? LengthMs, Instant ChangedAt)
{
    /// <summary>Its place among what the person has begun.</summary>
    public PageKey Key => PageKey.Of(ChangedAt, FileId);
}

/// <summary>Where people stopped in recordings, on whatever device.</summary>
public interface IPlaying
{
    /// <summary>The millisecond where a person goes on, of the files they have begun and not finished.</summary>
    Task<IReadOnlyDictionary<long, long>> Of(long personId, IReadOnlyCollection<long> fileIds, CancellationToken ct = default);

    /// <summary>What a person has begun, last touched first, after a place in that order. Whether it is still open to them is the caller's to ask.</summary>
    Task<List<Unfinished>> UnfinishedOf(long personId, PageKey after, int take, CancellationToken ct = default);

    /// <summary>Forgets where a person stopped, in everything. Joins the caller's transaction.</summary>
    Task Forget(long personId, CancellationToken ct = default);
}

/// <summary>Files of campaigns: taken in by upload, kept once per content, given only through the gate.</summary>
public interface IVault
{
    /// <summary>The files of a holder in the order they came, in one command.</summary>
    Task<IReadOnlyList<HeldFile>> FilesOf(string holderKind, long holderId, CancellationToken ct = default);

    /// <summary>The files of several holders, in one command.</summary>
    Task<ILookup<long, HeldFile>> FilesOf(string holderKind, IReadOnlyCollection<long> holderIds, CancellationToken ct = default);

    /// <summary>Answers a request for a file in a person's name, whom the caller has made sure of; null is anybody.</summary>
    /// <exception cref="Refusal">There is no such file, or it is closed to this person: the same answer.</exception>
    Task<IResult> Serve(HttpContext http, long fileId, long? personId, CancellationToken ct = default);

    /// <summary>What a campaign uses.</summary>
    Task<VaultUse> UseOf(long campaignId, CancellationToken ct = default);

    /// <summary>Takes in bytes in a program's name: importers, the demo. Not inside a transaction.</summary>
    /// <exception cref="Refusal">Too large, damaged, not what its name says, or over the quota.</exception>
    Task<HeldFile> Take(CampaignInfo campaign, long uploaderId, string holderKind, long holderId, string name, Stream content,
        CancellationToken ct = default);

    /// <summary>Takes in bytes for a module's own holder. Not inside a transaction.</summary>
    /// <exception cref="Refusal">Too large, damaged, not what its name says, or over the quota.</exception>
    Task Take(NewFile file, Stream content, CancellationToken ct = default);

    /// <summary>Answers with a file's bytes, to whom the caller has let in; type, tag and ranges are said here, the rest of the head is the caller's.</summary>
    /// <exception cref="Refusal">There is no such file.</exception>
    Task<IResult> Give(HttpContext http, long fileId, CancellationToken ct = default);

    /// <summary>Lets one file go. Joins the caller's transaction.</summary>
    Task Release(long campaignId, long fileId, CancellationToken ct = default);

    /// <summary>Lets every file of a holder go, because the holder goes. Joins the caller's transaction.</summary>
    Task Release(long campaignId, string holderKind, long holderId, CancellationToken ct = default);
}
