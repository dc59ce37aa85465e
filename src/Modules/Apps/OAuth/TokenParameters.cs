using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Stipend.Apps.Answers;

namespace Stipend.Apps.OAuth;

/// <summary>
/// What a client sends to the token endpoint. Libraries put it into a form, a multipart form, the query string beside an empty body, JSON,
/// and the client's name and secret into a Basic header as well; all are read as one.
/// </summary>
internal sealed class TokenParameters
{
    private const int Longest = 64 * 1024;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _repeated = new(StringComparer.Ordinal);

    /// <exception cref="OauthProblem">The body or the header cannot be read.</exception>
    public static async Task<TokenParameters> Read(HttpRequest request, CancellationToken ct)
    {
        var read = new TokenParameters();
        read.AddAll(request.Query);
        if (request.HasFormContentType) read.AddAll(await Form(request, ct));
        else await read.AddBody(request, ct);
        read.AddBasic(request.Headers.Authorization.ToString());
        return read;
    }

    /// <summary>A parameter, or null when it is missing or empty.</summary>
    /// <exception cref="OauthProblem">It was sent twice.</exception>
    public string? Find(string name) => _repeated.Contains(name)
        ? throw OauthProblem.Invalid($"The {name} parameter was sent more than once.") : _values.GetValueOrDefault(name);

    /// <exception cref="OauthProblem">It is missing, or was sent twice.</exception>
    public string Need(string name) => Find(name) ?? throw OauthProblem.Invalid($"Missing {name} parameter.");

    /// <summary>Values of one source: there, a name may stand once; the same value in two sources is no contradiction.</summary>
    private void AddAll(IEnumerable<KeyValuePair<string, StringValues>> values)
    {
        foreach (var (name, all) in values)
        {
            if (all.Count > 1) _repeated.Add(name);
            else if (all.ToString() is { Length: > 0 } value) Add(name, value);
        }
    }

    private void Add(string name, string value)
    {
        if (!_values.TryAdd(name, value) && _values[name] != value) _repeated.Add(name);
    }

    private static async Task<IFormCollection> Form(HttpRequest request, CancellationToken ct)
    {
        try
        {
            return await request.ReadFormAsync(ct);
        }
        catch (InvalidDataException)
        {
            throw OauthProblem.Invalid("The form could not be read.");
        }
        catch (IOException error) when (error is not BadHttpRequestException)
        {
            throw OauthProblem.Invalid("The form ends before its end.");
        }
    }

    private async Task AddBody(HttpRequest request, CancellationToken ct)
    {
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var sent = new char[Longest];
        var length = await reader.ReadBlockAsync(sent, ct);
        if (length == Longest) throw OauthProblem.Invalid("The body is larger than any request for a token.");
        var text = new string(sent, 0, length).Trim();
        if (text.Length == 0) return;
        if (text[0] != '{')
        {
            if (request.HasJsonContentType()) throw OauthProblem.Invalid("The body is not a JSON object.");
            AddAll(QueryHelpers.ParseQuery(text)); // a form whose type was forgotten
            return;
        }
        try
        {
            using var json = JsonDocument.Parse(text);
            foreach (var group in json.RootElement.EnumerateObject().GroupBy(p => p.Name, StringComparer.Ordinal))
                AddAll([KeyValuePair.Create(group.Key, new StringValues([.. group.Select(p => Text(p.Value))]))]);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException) // the latter: half a character
        {
            throw OauthProblem.Invalid("The body is not a JSON object.");
        }
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => "",
    };

    private void AddBasic(string header)
    {
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return;
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header["Basic ".Length..].Trim(), bytes, out var length)) throw OauthProblem.InvalidClient();
        var pair = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        if (pair.Length != 2) throw OauthProblem.InvalidClient();
        if (Uncoded(pair[0]) is { Length: > 0 } id) Add("client_id", id);
        if (Uncoded(pair[1]) is { Length: > 0 } secret) Add("client_secret", secret);
    }

    private static string Uncoded(string text) => System.Net.WebUtility.UrlDecode(text);
}
