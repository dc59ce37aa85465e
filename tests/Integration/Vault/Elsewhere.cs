using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using NodaTime;
using Stipend.Kernel;
using Stipend.Vault.Stores;

namespace Stipend.Integration.Vault;

/// <summary>A store that is not the disk, and that can go away.</summary>
internal sealed class Elsewhere : IObjectStore
{
    private readonly ConcurrentDictionary<string, byte[]> _objects = new();

    public string Name => "elsewhere";
    public bool IsAway { get; set; }

    public async Task Put(string key, Stream content, long length, CancellationToken ct)
    {
        Here();
        using var all = new MemoryStream();
        await content.CopyToAsync(all, ct);
        Here();
        _objects[key] = all.ToArray();
    }

    public Task<Stream?> Get(string key, long from, long length, CancellationToken ct)
    {
        Here();
        return Task.FromResult<Stream?>(_objects.TryGetValue(key, out var bytes)
            ? new MemoryStream(bytes, (int)from, (int)Math.Min(length, bytes.Length - from)) : null);
    }

    public Task<long?> Size(string key, CancellationToken ct)
    {
        Here();
        return Task.FromResult(_objects.TryGetValue(key, out var bytes) ? bytes.Length : (long?)null);
    }

    public Task Delete(string key, CancellationToken ct)
    {
        Here();
        _objects.TryRemove(key, out _);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<StoredObject> List(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.CompletedTask;
        Here();
        foreach (var (key, bytes) in _objects.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(o => o.Key, StringComparer.Ordinal))
            yield return new StoredObject(key, bytes.Length, Instant.MinValue);
    }

    private void Here()
    {
        if (IsAway) throw new Refusal(503, "bucket_gone", "The bucket of the file store is gone, so nothing was changed.");
    }
}
