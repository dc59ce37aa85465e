using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Vault.Contracts;

namespace Stipend.Vault.Model;

/// <summary>The tables of the vault.</summary>
internal sealed class VaultDb : IModelPart
{
    public void Build(Tables tables)
    {
        tables.Map<VaultShelf>(nameof(VaultShelf.CampaignId));
        tables.Map<VaultBlob>();
        tables.Map<VaultFile>();
        tables.Map<VaultThumb>(nameof(VaultThumb.BlobId));
        tables.Map<VaultUpload>();
        tables.Map<VaultDoomed>(nameof(VaultDoomed.ObjectKey));
    }
}

internal static class VaultTables
{
    extension(Db db)
    {
        public DbSet<VaultShelf> VaultShelves => db.Set<VaultShelf>();
        public DbSet<VaultBlob> VaultBlobs => db.Set<VaultBlob>();
        public DbSet<VaultFile> VaultFiles => db.Set<VaultFile>();
        public DbSet<VaultThumb> VaultThumbs => db.Set<VaultThumb>();
        public DbSet<VaultUpload> VaultUploads => db.Set<VaultUpload>();
        public DbSet<VaultDoomed> VaultDoomed => db.Set<VaultDoomed>();
    }
}

/// <summary>A campaign's part of the vault.</summary>
internal sealed class VaultShelf
{
    public long CampaignId { get; init; }

    /// <summary>Contents are named by HMAC-SHA-256 with this key, so that nobody learns from one campaign what another has.</summary>
    public string HashKey { get; init; } = "";

    /// <summary>Where its bytes belong; until they are moved there they may lie elsewhere.</summary>
    public string Store { get; init; } = "";

    /// <summary>Null: the site's own limit.</summary>
    public long? QuotaBytes { get; init; }
    public long UsedBytes { get; init; }
}

/// <summary>Bytes of a campaign, once whatever they are called.</summary>
internal sealed class VaultBlob
{
    public long Id { get; init; }
    public long CampaignId { get; init; }
    public string Hash { get; init; } = "";
    public long SizeBytes { get; init; }
    public string Store { get; init; } = "";
    public string ObjectKey { get; init; } = "";
    public Instant CreatedAt { get; init; }
    public Instant? CheckedAt { get; init; }

    /// <summary>What the last scrub found wrong; null: nothing.</summary>
    public string? Damage { get; init; }
}

/// <summary>A file that something holds.</summary>
internal sealed class VaultFile
{
    public long Id { get; init; }
    public long CampaignId { get; init; }
    public long BlobId { get; init; }
    public string HolderKind { get; init; } = "";
    public long HolderId { get; init; }
    public long UploaderId { get; init; }
    public string Name { get; init; } = "";
    public FileKind Kind { get; init; }
    public string ContentType { get; init; } = "";
    public int? WidthPx { get; init; }
    public int? HeightPx { get; init; }
    public long? DurationMs { get; init; }

    /// <summary>JSON of <see cref="Chapter"/>s.</summary>
    public string? Chapters { get; init; }
    public Instant CreatedAt { get; init; }
}

/// <summary>A picture made small, on the disk whatever the store of its original.</summary>
internal sealed class VaultThumb
{
    public const string ContentType = "image/webp";

    public long BlobId { get; init; }
    public string ObjectKey { get; init; } = "";
    public long SizeBytes { get; init; }
}

/// <summary>An upload under way.</summary>
internal sealed class VaultUpload
{
    public long Id { get; init; }
    public long CampaignId { get; init; }
    public long UploaderId { get; init; }
    public string HolderKind { get; init; } = "";
    public long HolderId { get; init; }
    public string Name { get; init; } = "";
    public long LengthBytes { get; init; }
    public long OffsetBytes { get; init; }

    /// <summary>What all of it must hash to, when the uploader said so; base64.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The header as it was sent.</summary>
    public string? Metadata { get; init; }

    /// <summary>The file it became.</summary>
    public long? FileId { get; init; }
    public Instant CreatedAt { get; init; }
    public Instant ExpiresAt { get; init; }
}

/// <summary>An object that waits for its removal.</summary>
internal sealed class VaultDoomed
{
    public string ObjectKey { get; init; } = "";
    public string Store { get; init; } = "";
    public Instant DueAt { get; init; }
}
