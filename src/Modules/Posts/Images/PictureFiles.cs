using Stipend.Campaigns.Contracts;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Images;

/// <summary>Pictures of texts hold one file of the vault each. They have addresses of their own, <c>/media/ID</c>, which ask the posts that show them; by
/// the vault's addresses they are the owner's alone.</summary>
internal sealed class PictureFiles(OldPictures old) : IFileHolder
{
    public const string KindName = "picture";

    public string Kind => KindName;

    public bool TakesUploads => false;

    /// <summary>Asked while the picture is taken in, which is when it begins to be.</summary>
    public Task<bool> Exists(long campaignId, long holderId, CancellationToken ct) => Task.FromResult(true);

    public Task<HolderDoor?> Door(long campaignId, long holderId, CancellationToken ct) => Task.FromResult<HolderDoor?>(null);

    public string EditPath(CampaignInfo campaign, long holderId) => $"/{campaign.Vanity}/posts";

    public Task<IReadOnlyList<ScrubFinding>> Bring(IVault vault, long? campaignId, CancellationToken ct) => old.Bring(vault, campaignId, ct);
}
