using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stipend.Apps.Answers;
using Stipend.Apps.Contracts;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Apps.Own;
using Stipend.Platform.Http;

namespace Stipend.Apps.JsonApi;

/// <summary>
/// How often an app, and one token of it, may ask: new tokens of an app do not make room, because the app is counted as well. The API counts
/// no addresses, since many apps may run on one machine; where tokens are made, an app is counted at the address it comes from, so that
/// nobody else's tries use up its room.
/// </summary>
internal sealed class ApiLimits(IOptions<AppsOptions> options, Pace pace)
{
    private const int ClientsPerAddress = 10;
    private static readonly Duration s_minute = Duration.FromMinutes(1);

    /// <exception cref="ApiProblem">It was too often; the answer says in how many seconds it may be tried again.</exception>
    public void Count(Bearer bearer)
    {
        // The token first: what it is refused takes no room of the app's other tokens. The connector is of nobody, and all websites share it.
        if ((pace.Count("token " + bearer.TokenKey, options.Value.RequestsPerToken, s_minute) ?? (bearer.Client.OwnerId == 0 ? null
            : pace.Count("client " + bearer.Client.PublicId, options.Value.RequestsPerClient, Duration.FromSeconds(2)))) is { } seconds)
            throw ApiProblem.Throttled(seconds);
    }

    /// <summary>Counts a request with a token of a person's own; answers how long to wait when there were too many.</summary>
    public int? SecondsToWait(TokenBearer bearer) => pace.Count("own " + bearer.TokenKey, options.Value.RequestsPerToken, s_minute);

    /// <summary>Counts a request for tokens from an address, before its body is read.</summary>
    /// <exception cref="ApiProblem">There were too many from there.</exception>
    public void CountTokens(HttpContext http) => Take("tokens from " + WebLimits.Caller(http), ClientsPerAddress);

    /// <summary>Counts a client's request for tokens, at the address it came from.</summary>
    /// <exception cref="ApiProblem">There were too many.</exception>
    public void CountTokens(HttpContext http, OauthClient client) => Take($"tokens of {client.PublicId} from {WebLimits.Caller(http)}", 1);

    private void Take(string key, int times)
    {
        if (pace.Count(key, options.Value.TokenRequestsPerMinute * times, s_minute) is { } seconds) throw ApiProblem.Throttled(seconds);
    }
}
