using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Data;

namespace Stipend.Platform.Http;

/// <summary>
/// Unsafe calls that may be sent again: with an <c>Idempotency-Key</c> header the effect happens once and each repetition gets the first
/// answer. Key, request hash and answer are written in the transaction of the effect, so a failed attempt leaves no key behind.
/// </summary>
public static class Idempotency
{
    /// <summary>The header that names an attempt: 1 to 200 visible ASCII characters, the caller's own choice.</summary>
    public const string KeyHeader = "Idempotency-Key";

    /// <summary>Set to “true” on an answer given before.</summary>
    public const string ReplayHeader = "Idempotent-Replay";

    private sealed record Rule;

    private sealed record Answer(string Hash, int Status, string? ContentType, string? Location, byte[] Body);

    /// <summary>
    /// Honours the key on this endpoint. With a key the whole endpoint runs inside one write transaction: it must not call over the
    /// network,
    /// and a transaction it begins is a part of that one.
    /// </summary>
    public static T WithIdempotency<T>(this T endpoint) where T : IEndpointConventionBuilder => endpoint.WithMetadata(new Rule());

    /// <summary>After sign-in and access rules: keys belong to a person.</summary>
    public static IApplicationBuilder UseIdempotency(this IApplicationBuilder app) => app.Use((context, next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Rule>() is not null
        && context.Request.Headers[KeyHeader] is [{ Length: > 0 } key, ..]
        && context.Viewer() is { } viewer
            ? Once(context, next, $"person:{viewer.Id}", key)
            : next(context));

    private static async Task Once(HttpContext context, RequestDelegate next, string owner, string key)
    {
        if (key.Length > 200 || key.Any(c => c is < '!' or > '~'))
            throw Refusal.Invalid("invalid_idempotency_key", $"{KeyHeader} takes 1 to 200 visible ASCII characters.");
        var ct = context.RequestAborted;
        var hash = await Hash(context.Request, ct);
        var db = context.RequestServices.GetRequiredService<Db>();
        await using var transaction = await db.BeginWrite(ct);
        if (!await Take(db, owner, key, hash, context.RequestServices.GetRequiredService<Clock>().Now(), ct))
        {
            await Replay(context, await Given(db, owner, key, ct), hash);
            return;
        }
        var original = context.Response.Body;
        using var buffer = new MemoryStream();
        context.Response.Body = buffer;
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = original;
        }
        if (context.Response.StatusCode < 400)
        {
            await Keep(db, owner, key, context.Response, buffer.ToArray(), ct);
            await transaction.Commit(ct);
        }
        else
        {
            await transaction.DisposeAsync(); // before the answer leaves: whoever reads it may try again at once
        }
        buffer.Position = 0;
        await buffer.CopyToAsync(original, ct);
    }

    private static async Task<string> Hash(HttpRequest request, CancellationToken ct)
    {
        request.EnableBuffering();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}{request.QueryString}\n{request.ContentType}\n"));
        var chunk = new byte[16 * 1024];
        while (await request.Body.ReadAsync(chunk, ct) is > 0 and var read) hash.AppendData(chunk, 0, read);
        request.Body.Position = 0;
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Takes the key, waiting for whoever is taking it now; false when it was taken.</summary>
    private static async Task<bool> Take(Db db, string owner, string key, string hash, Instant now, CancellationToken ct) => await db.Execute("""
        INSERT INTO idempotency (owner, key, request_hash, status, body, created_at) VALUES (@owner, @key, @hash, 0, @body, @now) ON CONFLICT DO NOTHING
        """, ct, ("owner", owner), ("key", key), ("hash", hash), ("body", Array.Empty<byte>()), ("now", now)) > 0;

    private static Task<int> Keep(Db db, string owner, string key, HttpResponse response, byte[] body, CancellationToken ct) => db.Execute("""
        UPDATE idempotency SET status = @status, content_type = @type, location = @location, body = @body WHERE owner = @owner AND key = @key
        """, ct, ("status", (long)response.StatusCode), ("type", response.ContentType), ("location", response.Headers.Location is [{ } location, ..] ? location : null),
        ("body", body), ("owner", owner), ("key", key));

    private static async Task<Answer> Given(Db db, string owner, string key, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT request_hash, status, COALESCE(content_type, ''), COALESCE(location, ''), body FROM idempotency WHERE owner = @owner AND key = @key
            """, ct, ("owner", owner), ("key", key));
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) throw Refusal.Conflict("idempotency_key_busy",
            "The first request with this key has just been forgotten. Send it again.");
        return Read(reader);
    }

    private static Answer Read(DbDataReader row) =>
        new(row.GetString(0), (int)row.GetInt64(1), NullIfEmpty(row.GetString(2)), NullIfEmpty(row.GetString(3)),
            row.GetFieldValue<byte[]>(4));

    private static async Task Replay(HttpContext context, Answer answer, string hash)
    {
        if (answer.Hash != hash)
            throw Refusal.Invalid("idempotency_key_reused",
                $"This {KeyHeader} was used for another request. Use a new key for a new request.");
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        if (answer.Location is not null) context.Response.Headers.Location = answer.Location;
        context.Response.Headers[ReplayHeader] = "true";
        await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
