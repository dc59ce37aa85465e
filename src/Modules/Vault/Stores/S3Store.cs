using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Stipend.Vault.Model;

namespace Stipend.Vault.Stores;

/// <summary>Objects in a bucket of an S3 service.</summary>
internal sealed class S3Store : IObjectStore, IDisposable
{
    public const string StoreName = "s3";
    private const long PartBytes = 8 * 1024 * 1024;
    private readonly AmazonS3Client _client;
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
    }

    public string Name => StoreName;

    public Task Put(string key, Stream content, long length, CancellationToken ct) => Asked(async () =>
    {
        // Signed part by part: that needs a part in memory, and works without TLS and with services that know no signed chunks.
        var part = new byte[(int)Math.Min(PartBytes, Math.Max(1, length))];
        var read = await content.ReadAtLeastAsync(part, part.Length, throwOnEndOfStream: false, ct);
        if (length > PartBytes) return await PutParts(key, content, length, part, read, ct);
        if (read != length || await content.ReadAsync(new byte[1], ct) != 0) throw new EndOfStreamException($"Other than {length} bytes came.");
        await _client.PutObjectAsync(new PutObjectRequest
        {
            BucketName = _bucket, Key = key, InputStream = new MemoryStream(part, 0, read), UseChunkEncoding = false,
        }, ct);
        return true;
    });

    private async Task<bool> PutParts(string key, Stream content, long length, byte[] part, int read, CancellationToken ct)
    {
        var upload = (await _client.InitiateMultipartUploadAsync(_bucket, key, ct)).UploadId;
        try
        {
            var (parts, total) = (new List<PartETag>(), 0L);
            for (; read > 0; read = await content.ReadAtLeastAsync(part, part.Length, throwOnEndOfStream: false, ct))
            {
                total += read;
                var answer = await _client.UploadPartAsync(new UploadPartRequest
                {
                    BucketName = _bucket, Key = key, UploadId = upload, PartNumber = parts.Count + 1, PartSize = read,
                    InputStream = new MemoryStream(part, 0, read), UseChunkEncoding = false,
                }, ct);
                parts.Add(new PartETag(parts.Count + 1, answer.ETag));
            }
            if (total != length) throw new EndOfStreamException($"{total} bytes came of {length}.");
            await _client.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest { BucketName = _bucket, Key = key, UploadId = upload, PartETags = parts }, ct);
            return true;
        }
        catch (Exception error)
        {
            await Abort(key, upload);
            if (error is AmazonS3Exception { StatusCode: HttpStatusCode.NotFound }) await AskForBucket(ct); // its uploads go with a bucket
            throw;
        }
    }

    /// <summary>What cannot be ended now is left to the bucket's own rule for uploads nobody ended; what went wrong before is to be told.</summary>
    private async Task Abort(string key, string upload)
    {
        try
        {
            await _client.AbortMultipartUploadAsync(_bucket, key, upload, CancellationToken.None);
        }
        catch (Exception error) when (error is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            // the service, or the bucket, is gone
        }
    }

    /// <summary>A bucket that is gone answers as an object that is not there.</summary>
    private Task AskForBucket(CancellationToken ct) => _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _bucket, MaxKeys = 1 }, ct);

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
            await AskForBucket(ct);
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
            var says = error is AmazonServiceException { ErrorCode.Length: > 0 } answer ? $" ({answer.ErrorCode})" : "";
            throw new Refusal(503, "store_unreachable", $"The file store cannot be reached now{says}. Nothing is lost; try again in some minutes.");
        }
    }
}
