using Amazon.Runtime;
using Amazon.S3;
using Shouldly;
using Stipend.Kernel;
using Stipend.Vault.Model;
using Stipend.Vault.Stores;
using Xunit;

namespace Stipend.Compliance.Stores;

/// <summary>The same promises kept by a bucket of a real S3 service that checks signatures: OpenStack Swift with its S3 interface.</summary>
public sealed class S3StoreCompliance : ObjectStoreCompliance
{
    private protected override async Task<(IObjectStore, string)> Open()
    {
        Assert.SkipUnless(SwiftServer.IsAvailable || SwiftServer.MustBe, SwiftServer.Missing);
        return (new S3Store(await Bucket()), "1");
    }

    [Fact]
    public async Task A_wrong_key_and_a_bucket_that_is_gone_are_each_a_sentence_and_lose_nothing()
    {
        var (store, _) = await Open();
        await Put(store, "1/kept", Bytes(100));
        var options = await Bucket();
        var stranger = new S3Store(options with { S3Secret = "not the secret" });
        foreach (var call in new Func<Task>[] { () => stranger.Get("1/kept", 0, 10, Ct), () => Put(stranger, "1/x", Bytes(10)), () => stranger.Size("1/kept", Ct),
            () => stranger.Delete("1/kept", Ct) })
            (await Should.ThrowAsync<Refusal>(call)).ShouldSatisfyAllConditions(r => r.Status.ShouldBe(503), r => r.Code.ShouldBe("store_refuses"));
        var gone = new S3Store(options with { S3Bucket = "never-made" });
        foreach (var call in new Func<Task>[] { () => gone.Get("1/kept", 0, 10, Ct), () => Put(gone, "1/x", Bytes(10)), () => gone.Size("1/kept", Ct) })
            (await Should.ThrowAsync<Refusal>(call)).ShouldSatisfyAllConditions(r => r.Code.ShouldBe("bucket_gone"), r => r.Message.ShouldContain("nothing was changed"));
        var silent = new S3Store(options with { S3Url = "http://127.0.0.1:9" });
        (await Should.ThrowAsync<Refusal>(() => silent.Size("1/kept", Ct))).Code.ShouldBe("store_unreachable");
        (await Get(store, "1/kept", 0, 100)).ShouldBe(Bytes(100));
    }

    [Fact]
    public async Task A_bucket_that_goes_away_between_two_parts_is_the_same_sentence()
    {
        Assert.SkipUnless(SwiftServer.IsAvailable || SwiftServer.MustBe, SwiftServer.Missing);
        var options = await Bucket();
        var store = new S3Store(options);
        var source = new Vanishing(20 * 1024 * 1024, 10 * 1024 * 1024, () => Remove(options.S3Bucket));
        var refused = await Should.ThrowAsync<Refusal>(() => store.Put("1/large", source, source.Length, Ct));
        (refused.Status, refused.Code).ShouldBe((503, "bucket_gone"));
        await Make(options.S3Bucket);
        (await store.Size("1/large", Ct)).ShouldBeNull();
        await Put(store, "1/large", Bytes(9 * 1024 * 1024));
        (await store.Size("1/large", Ct)).ShouldBe(9 * 1024 * 1024);
    }

    /// <summary>Zeros, between which something happens.</summary>
    private sealed class Vanishing(long length, long at, Func<Task> happens) : ReadOnlyStream
    {
        private long _read;
        private bool _happened;

        public override long Length => length;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_happened && _read >= at)
            {
                _happened = true;
                await happens();
            }
            var read = (int)Math.Min(Math.Min(buffer.Length, 1024 * 1024), length - _read);
            _read += read;
            return read;
        }
    }

    /// <summary>A bucket of its own for each test.</summary>
    internal static async Task<VaultOptions> Bucket()
    {
        var bucket = $"vault-{Interlocked.Increment(ref s_buckets)}";
        await Make(bucket);
        return await SwiftServer.Options() with { S3Bucket = bucket };
    }

    internal static Task Make(string bucket) => Ask(client => client.PutBucketAsync(bucket, Ct));
    internal static Task Remove(string bucket) => Ask(client => client.DeleteBucketAsync(bucket, Ct));

    private static async Task Ask(Func<AmazonS3Client, Task> call)
    {
        var options = await SwiftServer.Options();
        using var client = new AmazonS3Client(new BasicAWSCredentials(options.S3Key, options.S3Secret),
            new AmazonS3Config { ServiceURL = options.S3Url, AuthenticationRegion = options.S3Region, ForcePathStyle = true });
        await call(client);
    }

    private static int s_buckets;
}
