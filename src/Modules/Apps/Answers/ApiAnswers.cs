using System.Globalization;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Stipend.Apps.Answers;

/// <summary>Gives every answer of the API its headers, and every no its body: JSON whatever happened, since clients read nothing else.</summary>
internal static class ApiAnswers
{
    public const string Document = "application/vnd.api+json";

    /// <summary>Texts as JavaScript would write them: no escapes but those JSON needs.</summary>
    internal static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task Run(HttpContext context, RequestDelegate next)
    {
        var kind = ApiPaths.KindOf(context.Request.Path);
        if (kind == ApiPaths.Kind.None)
        {
            await next(context);
            return;
        }
        var id = FreshId();
        context.Response.Headers["X-Patreon-UUID"] = id;
        context.Response.Headers.CacheControl = kind == ApiPaths.Kind.Token ? "no-store" : "private";
        try
        {
            if (!ApiPaths.IsSpelledRight(context)) throw ApiProblem.Missing("path");
            await next(context);
            if (context.Response.HasStarted || context.GetEndpoint() is RouteEndpoint) return;
            if (context.Response.StatusCode == 405) throw ApiProblem.WrongMethod();
            if (context.Response.StatusCode == 404) throw ApiProblem.Missing("path");
        }
        catch (ApiProblem problem)
        {
            await Write(context, kind, id, problem);
        }
        catch (OauthProblem problem)
        {
            await Write(context, problem);
        }
        catch (Refusal refusal)
        {
            await Write(context, kind, id, ApiProblem.Of(refusal));
        }
        catch (BadHttpRequestException error)
        {
            await Write(context, kind, id, new ApiProblem(error.StatusCode, 2, "BodyInvalid", "Bad Request", "The request could not be read."));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the caller left
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            var log = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Stipend.Apps");
            log.LogError(error, "{Method} {Route} failed", context.Request.Method,
                (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
            await Write(context, kind, id, ApiProblem.Fault());
        }
    }

    /// <summary>A random UUID of version 4.</summary>
    private static string FreshId()
    {
        var bytes = RandomNumberGenerator.GetBytes(16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    private static Task Write(HttpContext context, ApiPaths.Kind kind, string id, ApiProblem problem)
    {
        if (problem.RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (kind == ApiPaths.Kind.Token)
            return Write(context, new OauthProblem(problem.Status, problem.Status switch
            {
                >= 500 => "server_error", 429 => "temporarily_unavailable", 403 => "access_denied", _ => "invalid_request",
            }, problem.Message));
        return Send(context, problem.Status, Document, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("errors");
            json.WriteStartObject();
            if (problem.Code is { } code) json.WriteNumber("code", code);
            else json.WriteNull("code");
            json.WriteString("code_name", problem.Name);
            json.WriteString("detail", problem.Message);
            json.WriteString("id", id);
            if (problem.RetryAfterSeconds is { } wait) json.WriteNumber("retry_after_seconds", wait);
            if (problem.Parameter is { } parameter)
            {
                json.WriteStartObject("source");
                json.WriteString("parameter", parameter);
                json.WriteEndObject();
            }
            json.WriteString("status", problem.Status.ToString(CultureInfo.InvariantCulture));
            json.WriteString("title", problem.Title);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static Task Write(HttpContext context, OauthProblem problem)
    {
        if (problem.Error == "invalid_client" && context.Request.Headers.Authorization.Count > 0)
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"token\"";
        return Send(context, problem.Status, "application/json", json =>
        {
            json.WriteStartObject();
            json.WriteString("error", problem.Error);
            if (problem.Description is { } description) json.WriteString("error_description", description);
            json.WriteEndObject();
        });
    }

    /// <summary>Writes a whole document at once, so that a fault while making it still becomes an error.</summary>
    public static async Task Send(HttpContext context, int status, string type, Action<Utf8JsonWriter> write)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(4096);
        await using (var json = new Utf8JsonWriter(buffer, Writing)) write(json);
        var response = context.Response;
        (response.StatusCode, response.ContentType, response.ContentLength) = (status, type, buffer.WrittenCount);
        await response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
    }
}
