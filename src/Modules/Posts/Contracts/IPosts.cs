namespace Stipend.Posts.Contracts;

/// <summary>A post to write from a program: the demo, importers, tests.</summary>
/// <param name="Charge">Bill the patrons of a per-creation campaign when it is published.</param>
/// <param name="PublishAt">In the campaign's book's time. Null: now. Later: scheduled. Earlier: published with that date, which a post that
/// charges must not be.</param>
/// <param name="Teaser">What everybody may read of it.</param>
public sealed record NewPost(
    long CampaignId, long AuthorId, string Title, string Markdown, Stipend.Entitlements.Contracts.Audience Audience, bool Charge,
        Instant? PublishAt,
    string Teaser = "")
{
    /// <summary>To whom it opens later, step by step, each wider than the one before.</summary>
    public IReadOnlyList<Stipend.Entitlements.Contracts.ReleaseStep> Later { get; init; } = [];

    /// <summary>Whether it goes out by mail too; null: as the campaign's posts do.</summary>
    public bool? ByMail { get; init; }
}

/// <summary>How many posts a campaign has.</summary>
public sealed record PostCounts(int Published, int Scheduled, int Drafts);

public interface IPosts
{
    /// <summary>Writes and publishes (or schedules) a post through the same checks as the composer; answers its id. Joins the caller's
    /// transaction.</summary>
    /// <exception cref="Refusal">A field is wrong, a tier belongs to another campaign, or the post may not charge.</exception>
    Task<long> Publish(NewPost post, CancellationToken ct = default);

    Task<PostCounts> Counts(long campaignId, CancellationToken ct = default);
}

/// <summary>A post can be read by those its rule opens it to. Told once each time it is published, never for an edit.</summary>
public sealed record PostPublished(long BookId, long CampaignId, long PostId, string Title, long RuleId, Instant At, bool Charged)
{
    private static readonly Duration s_news = Duration.FromDays(1);

    /// <summary>It came out at once or at the time it was scheduled for, however late that is told; false: its writer gave it an earlier date.</summary>
    public bool IsOnTime { get; init; }

    /// <summary>Whether people are to be told of it. A post dated back by more than a day is no news: importers bring years of them.</summary>
    public bool IsNews(Instant now) => IsOnTime || At >= now - s_news;

    /// <summary>Those it opens to are to have it by mail too.</summary>
    public bool ByMail { get; init; }
}

/// <summary>A published post has opened to more people, by the later step of its release. Whoever was told before is not told
/// again.</summary>
public sealed record PostReleased(long BookId, long CampaignId, long PostId, string Title, long RuleId, Instant PublishedAt, Instant At)
{
    /// <summary>Those it opens to are to have it by mail too.</summary>
    public bool ByMail { get; init; }
}

/// <summary>Whether a campaign's posts go out by mail unless their writer says otherwise.</summary>
public interface IPostMail
{
    /// <summary>They do, until somebody says that they do not.</summary>
    Task<bool> ByMail(long campaignId, CancellationToken ct = default);

    /// <summary>For posts written from now on.</summary>
    Task SetByMail(long campaignId, bool byMail, CancellationToken ct = default);
}

/// <summary>What became of a post that readers have, or had.</summary>
public enum PostChangeKind
{
    Published,

    /// <summary>Its text, audience or charge was changed.</summary>
    Edited,

    /// <summary>It was deleted or made a draft again: readers have it no more.</summary>
    Removed,
}

/// <summary>A published post came, changed or went. One message for all three, in one line per campaign, so that none overtakes
/// another.</summary>
/// <param name="Last">Of a removed one: as it was.</param>
public sealed record PostChanged(long BookId, long CampaignId, long PostId, PostChangeKind Kind, Instant At, PublishedPost? Last);
