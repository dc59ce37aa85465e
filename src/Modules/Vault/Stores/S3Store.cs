using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;
using Stipend.Vault.Model;

namespace Stipend.Vault.Stores;

/// <summary>Objects in a bucket of an S3 service.</summary>
internal sealed class S3Store : IObjectStore, IDisposable
{
    public const string StoreName = "s3";
    private const long PartBytes = 16 * 1024 * 1024;
    private readonly AmazonS3Client _client;
    private readonly TransferUtility _transfers;
    private readonly string _bucket;

    public S3Store(VaultOptions options)
    {
        _bucket = options.S3Bucket;
        _client = new AmazonS3Client(new BasicAWSCredentials(options.S3Key, options.S3Secret), new AmazonS3Config
        {
            ServiceURL = options.S3Url,
            AuthenticationRegion = options.S3Region,
            ForcePathStyle = options.S3PathStyle,
            // Services beside Amazon's know no checksums in trailers. What came is read back and compared by whoever moves bytes here.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            MaxErrorRetry = 2,
            Timeout = TimeSpan.FromMinutes(10),
            ConnectTimeout = TimeSpan.FromSeconds(10),
        });
        _transfers = new TransferUtility(_client, new TransferUtilityConfig { ConcurrentServiceRequests = 1, MinSizeBeforePartUpload = PartBytes });
    }

    public string Name => StoreName;

    public Task Put(string key, Stream content, long length, CancellationToken ct) => Asked(async () =>
    {
        await _transfers.UploadAsync(new TransferUtilityUploadRequest
        {
            BucketName = _bucket, Key = key, InputStream = content.CanSeek ? content : new Measured(content, length), AutoCloseStream = false,
            PartSize = PartBytes,
        }, ct);
        if (await Size(key, ct) is var size && size != length)
        {
            await Delete(key, ct);
            throw new EndOfStreamException($"{size} bytes came of {length}.");
        }
        return true;
    });

    public Task<Stream?> Get(string key, long from, long length, CancellationToken ct) => Asked(async () =>
    {
        try
        {
            var answer = await _client.GetObjectAsync(new GetObjectRequest
            {
                BucketName = _bucket, Key = key, ByteRange = new ByteRange(from, from + Math.Max(1, length) - 1),
            }, ct);
            return (Stream?)answer.ResponseStream;
        }
        catch (AmazonS3Exception error) when (error.StatusCode == HttpStatusCode.NotFound && error.ErrorCode != "NoSuchBucket")
        {
            return null;
        }
        catch (AmazonS3Exception error) when (error.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return Stream.Null;
        }
    });

    public Task<long?> Size(string key, CancellationToken ct) => Asked(async () =>
    {
        try
        {
            return (long?)(await _client.GetObjectMetadataAsync(_bucket, key, ct)).ContentLength;
        }
        catch (AmazonS3Exception error) when (error.StatusCode == HttpStatusCode.NotFound)
        {
            await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _bucket, MaxKeys = 1 }, ct); // a bucket that is gone says the same
            return null;
        }
    });

    public Task Delete(string key, CancellationToken ct) => Asked(async () =>
    {
        try
        {
            await _client.DeleteObjectAsync(_bucket, key, ct);
        }
        catch (AmazonS3Exception error) when (error.StatusCode == HttpStatusCode.NotFound && error.ErrorCode != "NoSuchBucket")
        {
            // there is no such object
        }
        return true;
    });

    public async IAsyncEnumerable<StoredObject> List(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = prefix };
        while (true)
        {
            var page = await Asked(() => _client.ListObjectsV2Async(request, ct));
            foreach (var found in page.S3Objects ?? [])
                yield return new StoredObject(found.Key, found.Size ?? 0,
                    Instant.FromDateTimeUtc(DateTime.SpecifyKind((found.LastModified ?? default).ToUniversalTime(), DateTimeKind.Utc)));
            if (page.IsTruncated != true) yield break;
            request.ContinuationToken = page.NextContinuationToken;
        }
    }

    public void Dispose()
    {
        _transfers.Dispose();
        _client.Dispose();
    }

    /// <summary>Trouble with the service in one sentence; what it says of keys and hosts stays out of it.</summary>
    private static async Task<T> Asked<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (AmazonS3Exception error) when (error.ErrorCode == "NoSuchBucket")
        {
            throw new Refusal(503, "bucket_gone", "The bucket of the file store is gone, so nothing was changed. Once the operator has put it back, this goes on by itself.");
        }
        catch (AmazonS3Exception error) when (error.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized)
        {
            throw new Refusal(503, "store_refuses", $"The file store does not let this site in ({error.ErrorCode}). The operator checks its keys under Stipend:Vault; nothing is lost.");
        }
        catch (AmazonS3Exception error) when ((int)error.StatusCode == 507 || error.ErrorCode is "QuotaExceeded" or "XMinioStorageFull")
        {
            throw new Refusal(507, "store_full", "The file store is full, so nothing was changed. The operator makes room there.");
        }
        catch (Exception error) when (error is AmazonServiceException or AmazonClientException or HttpRequestException or TimeoutException)
        {
            throw new Refusal(503, "store_unreachable", "The file store cannot be reached now. Nothing is lost; try again in some minutes.");
        }
    }

    /// <summary>A stream whose length is known, though it cannot be asked.</summary>
    private sealed class Measured(Stream inner, long length) : ReadOnlyStream
    {
        public override long Length => length;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer, cancellationToken);
    }
}
