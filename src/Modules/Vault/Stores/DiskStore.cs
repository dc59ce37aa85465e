using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Stipend.Platform.Data;

namespace Stipend.Vault.Stores;

/// <summary>Objects as files under DATA/vault/objects. A file has its name only when all of it is on the disk.</summary>
internal sealed class DiskStore(DataOptions data, Ids ids) : IObjectStore
{
    public const string StoreName = "disk";

    /// <summary>What is not an object yet; backups leave it out.</summary>
    public const string Unfinished = ".partial";

    private const int BufferBytes = 128 * 1024;
    private readonly string _root = Path.Combine(data.Folder, "vault", "objects");

    public string Name => StoreName;

    public async Task Put(string key, Stream content, long length, CancellationToken ct)
    {
        var path = PathOf(key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var part = $"{path}.{ids.Next()}{Unfinished}";
        try
        {
            await using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0))
            {
                await content.CopyToAsync(file, BufferBytes, ct);
                if (file.Length != length) throw new EndOfStreamException($"{file.Length} bytes came of {length}.");
                file.Flush(flushToDisk: true);
            }
            File.Move(part, path, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Makes a finished file of the same disk an object by renaming it.</summary>
    public void Adopt(string key, string file)
    {
        var path = PathOf(key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Move(file, path, overwrite: true);
    }

    public Task<Stream?> Get(string key, long from, long length, CancellationToken ct)
    {
        try
        {
            var file = File.OpenHandle(PathOf(key), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            return Task.FromResult<Stream?>(new Reading(file, from, length));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    public Task<long?> Size(string key, CancellationToken ct) =>
        Task.FromResult<long?>(new FileInfo(PathOf(key)) is { Exists: true } file ? file.Length : null);

    public Task Delete(string key, CancellationToken ct)
    {
        try
        {
            File.Delete(PathOf(key));
        }
        catch (DirectoryNotFoundException)
        {
            // there is no such object
        }
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<StoredObject> List(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.CompletedTask;
        if (!Directory.Exists(_root)) yield break;
        var keys = Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(_root, f).Replace('\\', '/'))
            .Where(k => k.StartsWith(prefix, StringComparison.Ordinal) && !k.EndsWith(Unfinished, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            ct.ThrowIfCancellationRequested();
            var file = new FileInfo(PathOf(key));
            if (file.Exists) yield return new StoredObject(key, file.Length, Instant.FromDateTimeUtc(file.LastWriteTimeUtc));
        }
    }

    /// <summary>Where an object lies.</summary>
    public string PathOf(string key)
    {
        var path = Path.GetFullPath(Path.Combine(_root, key));
        return path.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? path
            : throw new ArgumentException("An object's name leads out of the store.", nameof(key));
    }

    /// <summary>At most so many bytes of a file. Read at once, mostly out of the page cache: an asynchronous read of a file is the same one on
    /// another thread.</summary>
    private sealed class Reading(SafeFileHandle file, long from, long length) : ReadOnlyStream
    {
        private readonly long _end = length > long.MaxValue - from ? long.MaxValue : from + length;
        private long _at = from;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = RandomAccess.Read(file, buffer.Span[..(int)Math.Min(buffer.Length, _end - _at)], _at);
            _at += read;
            return ValueTask.FromResult(read);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) file.Dispose();
            base.Dispose(disposing);
        }
    }
}
