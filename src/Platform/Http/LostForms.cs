using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;

namespace Stipend.Platform.Http;

/// <summary>
/// What somebody typed whose session had ended meanwhile, to be sent again once they have signed in: it is nowhere else. Nothing of a form with a secret
/// in it, and no files. Asked before any pace is counted, so it keeps one of its own: beyond it the page is as bare as it was.
/// </summary>
internal sealed class LostForms : IDisposable
{
    /// <summary>The longest text in the widest script, and room for a picture chosen beside it.</summary>
    private const long MostBytes = 12 * 1024 * 1024;
    private const int MostLetters = 400_000, MostFields = 200;
    private static readonly string[] s_secrets = ["password", "code", "token", "secret", "card", "key"];

    private readonly SlidingWindowRateLimiter _pace = new(new() { PermitLimit = 60, Window = TimeSpan.FromMinutes(1), SegmentsPerWindow = 6, QueueLimit = 0 });

    /// <summary>The fields of a form, or null when there is nothing that may be shown again.</summary>
    public async Task<Ui.ProblemPage.Sent?> Find(HttpRequest request)
    {
        if (!HttpMethods.IsPost(request.Method) || !request.HasFormContentType || request.ContentLength is null or > MostBytes) return null;
        using var lease = _pace.AttemptAcquire();
        if (!lease.IsAcquired) return null;
        try
        {
            var fields = (await request.ReadFormAsync(request.HttpContext.RequestAborted))
                .SelectMany(f => f.Value, (f, value) => (Name: f.Key, Value: value ?? "")).ToList();
            return fields.Count is 0 or > MostFields || fields.Sum(f => (long)f.Value.Length) > MostLetters || fields.Exists(f => IsSecret(f.Name)) ? null
                : new Ui.ProblemPage.Sent(request.Path + request.QueryString, fields);
        }
        catch (Exception error) when (error is InvalidDataException or IOException) // not a form, too much of one, or the line broke
        {
            return null;
        }
    }

    public void Dispose() => _pace.Dispose();

    private static bool IsSecret(string name) => s_secrets.Any(s => name.Contains(s, StringComparison.OrdinalIgnoreCase));
}
