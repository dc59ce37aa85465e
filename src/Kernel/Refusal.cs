namespace Stipend.Kernel;

/// <summary>
/// A request that is understood and answered with no: wrong input, missing, forbidden, in conflict. It carries a stable code for
/// programs, one clear sentence for people that says how to mend it, and an HTTP status. Bugs are never refusals.
/// </summary>
public sealed class Refusal(int status, string code, string message, IReadOnlyDictionary<string, string>? fields = null)
    : Exception(message)
{
    /// <summary>HTTP status: 400, 401, 403, 404, 409, 410, 413, 422 or 429.</summary>
    public int Status { get; } = status;

    /// <summary>Stable snake_case code, part of the API.</summary>
    public string Code { get; } = code;

    /// <summary>Message per form field, by the field's name.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; } = fields ?? new Dictionary<string, string>();

    public static Refusal Invalid(string code, string message) => new(422, code, message);
    public static Refusal InvalidField(string field, string message) =>
        new(422, "invalid_" + field, message, new Dictionary<string, string> { [field] = message });
    public static Refusal NotFound(string what) => new(404, "not_found", $"There is no such {what}.");
    public static Refusal Forbidden(string message) => new(403, "forbidden", message);
    public static Refusal SignInFirst() => new(401, "sign_in_first", "Sign in first.");
    public static Refusal Conflict(string code, string message) => new(409, code, message);
    public static Refusal TooMany(string message) => new(429, "too_many_requests", message);
}
