namespace Stipend.Posts.Contracts;

/// <summary>A post to write from a program: the demo, importers, tests.</summary>
public sealed record NewPost(
    long CampaignId, long AuthorId, string Title, string Markdown, Stipend.Entitlements.Contracts.Audience Audience, bool Charge, Instant? PublishAt);

public interface IPosts
{
    /// <summary>Writes and publishes (or schedules) a post through the same checks as the composer; answers its id.</summary>
    Task<long> Publish(NewPost post, CancellationToken ct = default);
}
