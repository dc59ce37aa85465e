using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Stipend.Vault.Resumable;

/// <summary>The words of tus 1.0.0 (tus.io/protocols/resumable-upload).</summary>
internal static class TusHeaders
{
    public const string Version = "1.0.0";
    public const string Extensions = "creation,creation-with-upload,termination,expiration,checksum";
    public const string Algorithms = "sha256,sha1,md5";
    public const string Bytes = "application/offset+octet-stream";

    /// <summary>Every answer names the version, refusals too.</summary>
    public static void Answer(HttpContext http) => http.Response.OnStarting(() =>
    {
        http.Response.Headers["Tus-Resumable"] = Version;
        if (http.Response.StatusCode == StatusCodes.Status412PreconditionFailed) http.Response.Headers["Tus-Version"] = Version;
        return Task.CompletedTask;
    });

    /// <exception cref="Refusal">The client speaks another version.</exception>
    public static void Check(HttpContext http)
    {
        Answer(http);
        if (http.Request.Headers["Tus-Resumable"].ToString() != Version)
            throw new Refusal(412, "tus_version", $"Send Tus-Resumable: {Version}; this server speaks no other version.");
    }

    /// <summary>A header that is a whole number from 0.</summary>
    public static long? Number(HttpRequest request, string name) =>
        long.TryParse(request.Headers[name].ToString(), System.Globalization.NumberStyles.None, null, out var value) ? value : null;

    /// <summary>Whether the body is bytes of a file, whatever its type says beside that.</summary>
    public static bool IsBytes(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals(Bytes, StringComparison.OrdinalIgnoreCase);

    /// <summary>A header that can be sent back as it is; null when it was not sent.</summary>
    /// <exception cref="Refusal">It holds other than visible ASCII.</exception>
    public static string? Visible(HttpRequest request, string name)
    {
        if (!request.Headers.TryGetValue(name, out var values)) return null;
        var value = values.ToString();
        return value.All(c => c is >= ' ' and <= '~') ? value
            : throw new Refusal(400, "header_unreadable", $"{name} holds letters a header cannot have. Send its values in base64.");
    }

    /// <summary><c>key base64,key base64</c>; what is not in that form is left out.</summary>
    public static Dictionary<string, string> Metadata(string header)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(20))
        {
            var (key, value) = pair.Split(' ', 2) is [var k, var v] ? (k, v) : (pair, "");
            var bytes = new byte[value.Length];
            if (Convert.TryFromBase64String(value, bytes, out var length)) found[key] = Encoding.UTF8.GetString(bytes.AsSpan(0, length));
        }
        return found;
    }
}
