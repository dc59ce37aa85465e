namespace Stipend.Vault.Model;

/// <summary>Settings under <c>Stipend:Vault</c>.</summary>
internal sealed record VaultOptions
{
    /// <summary>Largest file, in bytes.</summary>
    public long MaxFileBytes { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Bytes a campaign may keep, equal files counted once.</summary>
    public long QuotaBytes { get; init; } = 50L * 1024 * 1024 * 1024;

    /// <summary>Files one post may have.</summary>
    public int MaxFilesPerPost { get; init; } = 50;

    /// <summary>Hours an unfinished upload can be taken up again.</summary>
    public int UploadHours { get; init; } = 24;

    /// <summary>Minutes a signed link works, while what it opens stays open.</summary>
    public int LinkMinutes { get; init; } = 60;

    /// <summary>Where files of new campaigns belong: <c>disk</c> or <c>s3</c>.</summary>
    public string Store { get; init; } = "disk";

    /// <summary>Address of the S3 service; with it the store <c>s3</c> exists.</summary>
    public string S3Url { get; init; } = "";

    /// <summary>The bucket, which must exist.</summary>
    public string S3Bucket { get; init; } = "";

    /// <summary>Its region; also part of what is signed.</summary>
    public string S3Region { get; init; } = "us-east-1";

    /// <summary>Access key.</summary>
    public string S3Key { get; init; } = "";

    /// <summary>Secret key.</summary>
    public string S3Secret { get; init; } = "";

    /// <summary>Names the bucket in the path (most services of one's own) and not in the host.</summary>
    public bool S3PathStyle { get; init; } = true;
}
