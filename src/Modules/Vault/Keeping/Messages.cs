namespace Stipend.Vault.Keeping;

/// <summary>A file was taken in; what it is beside its bytes can be found out.</summary>
internal sealed record FileTaken(long FileId);

/// <summary>An object nothing names any more.</summary>
internal sealed record DeleteObject(string Store, string Key);

/// <summary>Bytes that belong in another store.</summary>
internal sealed record MoveBlob(long BlobId, string To);

/// <summary>An upload that can no longer be taken up.</summary>
internal sealed record ExpireUpload(long UploadId);
