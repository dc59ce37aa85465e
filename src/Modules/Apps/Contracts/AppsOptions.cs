using System.ComponentModel.DataAnnotations;

namespace Stipend.Apps.Contracts;

/// <summary>Settings of Apps, under <c>Stipend:Apps</c>.</summary>
public sealed record AppsOptions
{
    /// <summary>API requests one app may make in two seconds.</summary>
    [Range(1, 1_000_000)] public int RequestsPerClient { get; init; } = 100;

    /// <summary>API requests with one access token in a minute.</summary>
    [Range(1, 1_000_000)] public int RequestsPerToken { get; init; } = 100;

    /// <summary>Requests for tokens one app may make in a minute from one address; ten times that from the address altogether.</summary>
    [Range(1, 1_000_000)] public int TokenRequestsPerMinute { get; init; } = 300;

    /// <summary>The fixed name by which a website's plugin asks to be connected with one click; empty turns that off. By itself that of the
    /// WordPress plugin.</summary>
    public string SiteConnector { get; init; } = "40otjXLPiUL023m_FAX5XRkRYVRF0DT62cHKH7NjyNsYYFZMYHxqzWoqbEtt-22l";

    /// <summary>Webhooks that are being sent something at the same time. Each waits at most ten seconds for its receiver.</summary>
    [Range(1, 1_000)] public int WebhooksAtOnce { get; init; } = 64;
}
