using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Posts.Polls;

namespace Stipend.Posts.Model;

/// <summary>What a form says about a poll: one, or none.</summary>
internal sealed record TypedPoll(PollDraft? Draft);

/// <summary>What a creator has typed into the composer.</summary>
/// <param name="PublishAt">When to publish; null: when the creator says so.</param>
internal sealed record PostDraft(string Title, string Teaser, string Markdown, Audience Audience, bool Charge, Instant? PublishAt)
{
    /// <summary>To whom it opens later, step by step.</summary>
    public IReadOnlyList<ReleaseStep> Later { get; init; } = [];

    /// <summary>What it is about, as typed; null: as it was.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Slugs of the collections it is in; null: as it was.</summary>
    public IReadOnlyList<string>? Collections { get; init; }

    /// <summary>The poll under it as typed, which may be none; null: as it was.</summary>
    public TypedPoll? Poll { get; init; }

    /// <summary>Whether it goes out by mail too; null: as it was, or as the campaign's posts do.</summary>
    public bool? ByMail { get; init; }

    /// <summary>Where what was typed was kept until it is saved now; null: nowhere.</summary>
    public long? Slot { get; init; }

    public Release Release => new(Audience, Later);

    /// <exception cref="Refusal">A field is empty, too long, or the post may not charge.</exception>
    public void Check(CampaignInfo campaign)
    {
        if (string.IsNullOrWhiteSpace(Title)) throw Refusal.InvalidField("title", "Give the post a title.");
        if (Title.Length > Post.MaxTitle) throw Refusal.InvalidField("title",
            $"A title has at most {Post.MaxTitle} characters; this has {Title.Length}.");
        if (Teaser.Length > Post.MaxTeaser) throw Refusal.InvalidField("teaser",
            $"A teaser has at most {Post.MaxTeaser} characters; this has {Teaser.Length}.");
        if (Markdown.Length > Post.MaxMarkdown)
            throw Refusal.InvalidField("markdown",
                $"A post has at most {Post.MaxMarkdown:N0} characters; this has {Markdown.Length:N0}. Split it in two.");
        if (Charge) CheckCharge(campaign, Audience);
        if (PublishAt is { } at) CheckSteps(Release, at);
    }

    /// <exception cref="Refusal">A step comes before the post itself.</exception>
    public static void CheckSteps(Release release, Instant publishAt)
    {
        if (release.Later.Any(s => s.From <= publishAt))
            throw Refusal.InvalidField("release", "A later step comes before the post itself is published. Give it a later time, or leave it out.");
    }

    /// <exception cref="Refusal">The campaign does not bill per creation, or the audience may not be charged.</exception>
    public static void CheckCharge(CampaignInfo campaign, Audience audience)
    {
        if (campaign.Model != BillingModel.PerCreation)
            throw Refusal.InvalidField("charge", "This campaign bills by the month, so a single post cannot charge. Untick the charge.");
        if (audience.Kind is not (AudienceKind.Public or AudienceKind.PaidMembers))
            throw Refusal.InvalidField("charge",
                "A post that charges bills every paid member, so it must be open to everyone or to all paid members. Change the audience or untick the charge.");
    }
}
