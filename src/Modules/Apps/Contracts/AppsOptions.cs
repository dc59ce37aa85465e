using System.ComponentModel.DataAnnotations;

namespace Stipend.Apps.Contracts;

/// <summary>Settings of Apps, under <c>Stipend:Apps</c>.</summary>
public sealed record AppsOptions
{
    /// <summary>API requests one app may make in two seconds.</summary>
    [Range(1, 1_000_000)] public int RequestsPerClient { get; init; } = 100;

    /// <summary>API requests with one access token in a minute.</summary>
    [Range(1, 1_000_000)] public int RequestsPerToken { get; init; } = 100;

    /// <summary>Webhooks that are being sent something at the same time. Each waits at most ten seconds for its receiver.</summary>
    [Range(1, 1_000)] public int WebhooksAtOnce { get; init; } = 64;
}
