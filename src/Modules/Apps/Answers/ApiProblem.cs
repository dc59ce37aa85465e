namespace Stipend.Apps.Answers;

/// <summary>
/// An answer of the API that is no: what clients written for Patreon look at is the status, the code (1: the token is bad, 3: a parameter is)
/// and the parameter's name.
/// </summary>
internal sealed class ApiProblem(int status, int? code, string name, string title, string detail) : Exception(detail)
{
    public int Status { get; } = status;
    public int? Code { get; } = code;
    public string Name { get; } = name;
    public string Title { get; } = title;
    public string? Parameter { get; private init; }
    public int? RetryAfterSeconds { get; private init; }

    public static ApiProblem WrongParameter(string parameter, string detail) =>
        new(400, 3, "ParameterInvalid", "Invalid value for a parameter", detail) { Parameter = parameter };

    public static ApiProblem WrongBody(string detail) => new(400, 2, "BodyInvalid", "Bad Request", detail);

    public static ApiProblem Unauthorized() => new(401, 1, "Unauthorized", "Unauthorized",
        "The server could not verify that you are authorized to access the URL requested. "
        + "Send a valid access token as Authorization: Bearer.");

    public static ApiProblem Forbidden(string detail) => new(403, null, "Forbidden", "Forbidden", detail);
    public static ApiProblem Missing(string what) => new(404, 4, "ResourceMissing", "Not Found", $"There is no such {what}.");
    public static ApiProblem WrongMethod() =>
        new(405, null, "MethodNotAllowed", "Method Not Allowed", "This address does not take that kind of request.");

    public static ApiProblem Throttled(int seconds) => new(429, null, "RequestThrottled", "You have made too many attempts. Please try again later.",
        "You have made too many attempts. Please try again later.") { RetryAfterSeconds = seconds };

    public static ApiProblem Fault() => new(500, null, "InternalServerError", "Internal Server Error", "Something broke on our side.");

    /// <summary>A refusal of the site's in the API's words.</summary>
    public static ApiProblem Of(Refusal refusal) => refusal.Status switch
    {
        401 => Unauthorized(),
        403 => Forbidden(refusal.Message),
        404 => new(404, 4, "ResourceMissing", "Not Found", refusal.Message),
        422 => WrongBody(refusal.Message),
        429 => Throttled(60),
        507 => new(503, null, "ServiceUnavailable", "Service Unavailable", refusal.Message),
        var status => new(status, 2, "BodyInvalid", "Bad Request", refusal.Message),
    };
}

/// <summary>A refusal of the token endpoint: plain OAuth, whose clients branch on the status and on <c>error</c>.</summary>
internal sealed class OauthProblem(int status, string error, string? description = null) : Exception(description ?? error)
{
    public int Status { get; } = status;
    public string Error { get; } = error;
    public string? Description { get; } = description;

    public static OauthProblem Invalid(string description) => new(400, "invalid_request", description);
    public static OauthProblem InvalidGrant() => new(401, "invalid_grant");
    public static OauthProblem InvalidClient() => new(401, "invalid_client");
    public static OauthProblem Denied() => new(401, "access_denied");
}
