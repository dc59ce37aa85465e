using Stipend.Posts.Writing;

namespace Stipend.Posts.Model;

/// <summary>Where a post is between writing and reading.</summary>
public enum PostState { Draft, Scheduled, Published }

/// <summary>
/// Whether a post bills patrons of a per-creation campaign. A post bills at most once in its life: after <see cref="Charged"/> or
/// <see cref="Undone"/> it can be published again but never billed again.
/// </summary>
public enum ChargeState { None, OnPublish, Charged, Undone }

/// <summary>A post. Its text is kept as written and as the safe HTML made from it; who may read it is the rule.</summary>
internal sealed class Post
{
    public const int MaxTitle = 150;
    public const int MaxTeaser = 400;
    public const int MaxMarkdown = 200_000;

    public long Id { get; init; }
    public long CampaignId { get; init; }

    /// <summary>The book whose clock its times are in.</summary>
    public long BookId { get; set; }
    public long AuthorId { get; init; }
    public string Title { get; private set; } = "";
    public string Slug { get; private set; } = "";

    /// <summary>What everybody may read, also those for whom the post is closed.</summary>
    public string Teaser { get; private set; } = "";
    public string Markdown { get; private set; } = "";
    public string Html { get; private set; } = "";
    public string Plain { get; private set; } = "";

    /// <summary>The beginning of the text, for cards; as closed as the text.</summary>
    public string Excerpt { get; private set; } = "";
    public long? CoverImageId { get; private set; }

    /// <summary>What stands above the paywall line, for everybody; empty when there is no such line.</summary>
    public string PreviewHtml { get; private set; } = "";
    public string PreviewPlain { get; private set; } = "";
    public string PreviewExcerpt { get; private set; } = "";

    /// <summary>The cover stands above the line too.</summary>
    public bool IsCoverOpen { get; private set; }
    public long RuleId { get; set; }
    public PostState State { get; private set; }
    public Instant? PublishAt { get; private set; }
    public Instant? PublishedAt { get; private set; }

    /// <summary>Order of publishing within the campaign; decides which posts come before a cap.</summary>
    public long? Seq { get; private set; }
    public ChargeState Charge { get; private set; }
    public Instant? UndoUntil { get; private set; }

    /// <summary>Those to whom it opens are sent it by mail too, unless they do not want that.</summary>
    public bool ByMail { get; set; } = true;
    public Instant CreatedAt { get; init; }
    public Instant SavedAt { get; private set; }
    public Instant? EditedAt { get; private set; }
    public Instant? DeletedAt { get; private set; }
    public int Version { get; set; }

    public string Path(string vanity) => PathOf(vanity, Id, Slug);
    public static string PathOf(string vanity, long id, string slug) =>
        slug.Length == 0 ? $"/{vanity}/posts/{id}" : $"/{vanity}/posts/{id}-{slug}";

    public bool CanUndo(Instant now) => Charge == ChargeState.Charged && now < UndoUntil;

    public void Write(string title, string teaser, string markdown, RenderedText text, Instant now)
    {
        var changed = State == PostState.Published && (title != Title || teaser != Teaser || markdown != Markdown);
        (Title, Slug, Teaser, Markdown) = (title, Slugs.Of(title), teaser, markdown);
        (Html, Plain, Excerpt, CoverImageId) = (text.Html, text.Plain, text.Excerpt, text.Images.Count > 0 ? text.Images[0] : null);
        (PreviewHtml, PreviewPlain, PreviewExcerpt) = (text.Preview?.Html ?? "", text.Preview?.Plain ?? "", text.Preview?.Excerpt ?? "");
        IsCoverOpen = text.Preview?.Images is [var first, ..] && first == CoverImageId; // the first of all may be named from below the line
        SavedAt = now;
        if (changed) EditedAt = now;
        Version++;
    }

    /// <summary>Ticks or unticks the charge of a post not yet published.</summary>
    /// <exception cref="Refusal">The post has billed before.</exception>
    public void SetCharge(bool wanted)
    {
        if (Charge is ChargeState.Charged or ChargeState.Undone)
        {
            if (wanted)
                throw Refusal.InvalidField("charge",
                    "This post has billed patrons before, and a post bills at most once. Untick the charge, or write a new post.");
            return;
        }
        Charge = wanted ? ChargeState.OnPublish : ChargeState.None;
    }

    /// <summary>The time a draft is meant for, kept until the creator publishes it.</summary>
    public void Plan(Instant? at)
    {
        if (State == PostState.Draft) PublishAt = at;
    }

    public void Schedule(Instant at)
    {
        (State, PublishAt) = (PostState.Scheduled, at);
        Version++;
    }

    public void Publish(Instant at, long seq, long bookId)
    {
        (State, PublishedAt, PublishAt, Seq, BookId) = (PostState.Published, at, null, seq, bookId);
        Version++;
    }

    /// <summary>The post has billed; until an instant that can be taken back.</summary>
    public void Billed(Instant undoUntil) => (Charge, UndoUntil) = (ChargeState.Charged, undoUntil);

    public void DropCharge() => Charge = ChargeState.None;

    public void UndoCharge()
    {
        Charge = ChargeState.Undone;
        Version++;
    }

    /// <summary>Back to a draft: nobody but the creator sees it.</summary>
    public void Withdraw()
    {
        (State, PublishAt, PublishedAt, Seq) = (PostState.Draft, null, null, null);
        Version++;
    }

    /// <summary>Gone for readers and creator; the title stays for the statements that name it.</summary>
    public void Delete(Instant now)
    {
        Withdraw();
        DeletedAt = now;
        (Teaser, Markdown, Html, Plain, Excerpt, CoverImageId) = ("", "", "", "", "", null);
        (PreviewHtml, PreviewPlain, PreviewExcerpt, IsCoverOpen) = ("", "", "", false);
    }
}

/// <summary>A picture of a campaign's posts.</summary>
internal sealed class PostImage
{
    public long Id { get; init; }
    public long CampaignId { get; init; }
    public long UploaderId { get; init; }
    public string Hash { get; init; } = "";
    public string ContentType { get; init; } = "";
    public long SizeBytes { get; init; }
    public int WidthPx { get; init; }
    public int HeightPx { get; init; }
    public Instant CreatedAt { get; init; }

    /// <summary>Its bytes in the vault; null while they still lie in the data folder under their hash (see OldPictures).</summary>
    public long? FileId { get; set; }

    /// <summary>Since when nothing names it; null: something does, or nobody has looked.</summary>
    public Instant? UnnamedSince { get; init; }

    /// <summary>When that was looked for last.</summary>
    public Instant LookedAt { get; init; }
}

/// <summary>A post shows a picture.</summary>
internal sealed class PostImageUse
{
    public long ImageId { get; init; }
    public long PostId { get; init; }

    /// <summary>Above the paywall line: whoever sees the post's title sees it.</summary>
    public bool IsOpen { get; init; }
}
