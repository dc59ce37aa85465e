using Shouldly;
using Stipend.Kernel;
using Stipend.Vault.Stores;
using Xunit;

namespace Stipend.Compliance.Stores;

/// <summary>What every object store promises, word for word the same.</summary>
public abstract class ObjectStoreCompliance
{
    /// <summary>A store to try, and a beginning of names nobody else uses.</summary>
    private protected abstract Task<(IObjectStore Store, string Prefix)> Open();

    [Fact]
    public async Task What_is_put_is_what_is_got_whole_and_in_parts()
    {
        var (store, at) = await Open();
        foreach (var size in new[] { 1, 4095, 65_536, 300_001 })
        {
            var bytes = Bytes(size);
            await Put(store, $"{at}/a/{size}", bytes);
            (await Get(store, $"{at}/a/{size}", 0, size)).ShouldBe(bytes);
            (await Get(store, $"{at}/a/{size}", 0, size + 1000)).ShouldBe(bytes);
            (await Get(store, $"{at}/a/{size}", size / 2, 10)).ShouldBe(bytes[(size / 2)..Math.Min(size, size / 2 + 10)]);
            (await Get(store, $"{at}/a/{size}", size - 1, 10)).ShouldBe(bytes[^1..]);
            (await Get(store, $"{at}/a/{size}", size, 10)).ShouldBeEmpty();
            (await store.Size($"{at}/a/{size}", Ct)).ShouldBe(size);
        }
    }

    [Fact]
    public async Task A_second_put_replaces_the_first()
    {
        var (store, at) = await Open();
        await Put(store, $"{at}/b", Bytes(9000));
        await Put(store, $"{at}/b", Bytes(10));
        (await Get(store, $"{at}/b", 0, 9000)).ShouldBe(Bytes(10));
    }

    [Fact]
    public async Task What_is_not_there_is_told_and_removing_it_is_nothing()
    {
        var (store, at) = await Open();
        (await store.Get($"{at}/none", 0, 10, Ct)).ShouldBeNull();
        (await store.Size($"{at}/none", Ct)).ShouldBeNull();
        await store.Delete($"{at}/none", Ct);
        await Put(store, $"{at}/c", Bytes(10));
        await store.Delete($"{at}/c", Ct);
        await store.Delete($"{at}/c", Ct);
        (await store.Get($"{at}/c", 0, 10, Ct)).ShouldBeNull();
        (await All(store, $"{at}/c")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_source_that_breaks_or_ends_early_leaves_no_object()
    {
        var (store, at) = await Open();
        await Should.ThrowAsync<Exception>(() => store.Put($"{at}/d", new Breaking(Bytes(200_000), 100_000), 200_000, Ct));
        (await store.Size($"{at}/d", Ct)).ShouldBeNull();
        (await All(store, $"{at}/d")).ShouldBeEmpty();
        await Should.ThrowAsync<Exception>(() => store.Put($"{at}/e", new Breaking(Bytes(100), int.MaxValue), 200, Ct));
        (await store.Size($"{at}/e", Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task Names_are_listed_in_order_with_sizes_by_their_beginning()
    {
        var (store, at) = await Open();
        foreach (var name in new[] { "f/2", "f/10", "f/x/1", "g/1" }) await Put(store, $"{at}/{name}", Bytes(name.Length));
        (await All(store, $"{at}/f/")).ShouldBe([($"{at}/f/10", 4), ($"{at}/f/2", 3), ($"{at}/f/x/1", 5)]);
    }

    [Fact]
    public async Task A_stream_that_cannot_be_measured_is_taken_and_one_that_is_large_too()
    {
        var (store, at) = await Open();
        var bytes = Bytes(9 * 1024 * 1024); // more than a part
        await store.Put($"{at}/h", new Breaking(bytes, int.MaxValue), bytes.Length, Ct);
        (await store.Size($"{at}/h", Ct)).ShouldBe(bytes.Length);
        (await Get(store, $"{at}/h", 8_500_000, 1000)).ShouldBe(bytes[8_500_000..8_501_000]);
    }

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        for (var i = 0; i < size; i++) bytes[i] = (byte)((i * 31L + i / 251) & 0xFF);
        return bytes;
    }

    private protected static async Task Put(IObjectStore store, string key, byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        await store.Put(key, content, bytes.Length, Ct);
    }

    private protected static async Task<byte[]> Get(IObjectStore store, string key, long from, long length)
    {
        await using var content = (await store.Get(key, from, length, Ct)).ShouldNotBeNull();
        using var all = new MemoryStream();
        await content.CopyToAsync(all, Ct);
        return all.ToArray();
    }

    private protected static async Task<List<(string, long)>> All(IObjectStore store, string prefix)
    {
        var found = new List<(string, long)>();
        await foreach (var stored in store.List(prefix, Ct)) found.Add((stored.Key, stored.SizeBytes));
        return found;
    }

    /// <summary>A line: forward only, and it may break.</summary>
    private sealed class Breaking(byte[] bytes, int after) : ReadOnlyStream
    {
        private int _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_at >= after) throw new IOException("The line broke.");
            var read = Math.Min(Math.Min(buffer.Length, 50_000), bytes.Length - _at);
            bytes.AsMemory(_at, read).CopyTo(buffer);
            _at += read;
            return ValueTask.FromResult(read);
        }
    }
}

public sealed class DiskStoreCompliance : ObjectStoreCompliance, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stipend-store-").FullName;

    private protected override Task<(IObjectStore, string)> Open() => Task.FromResult<(IObjectStore, string)>(
        (new DiskStore(new Stipend.Platform.Data.DataOptions { Folder = _folder }, new Ids(new Clock(TimeProvider.System))), "1"));

    [Fact]
    public async Task A_name_cannot_lead_out_of_the_store()
    {
        var (store, _) = await Open();
        await Should.ThrowAsync<ArgumentException>(() => Put(store, "../../outside", Bytes(1)));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
