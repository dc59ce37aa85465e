using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;
using Stipend.Posts.Collecting;
using Stipend.Posts.Contracts;
using Stipend.Posts.Drafts;
using Stipend.Posts.Files;
using Stipend.Posts.Images;
using Stipend.Posts.Model;
using Stipend.Posts.Polls;
using Stipend.Posts.Tagging;
using Stipend.Posts.Writing;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Compose;

/// <summary>
/// The composer: write, look at it, add pictures, keep as a draft, publish or schedule. A post that charges is first saved and then
/// confirmed on a page of its own, which states what it bills.
/// </summary>
internal static class ComposePost
{
    private const int MostPictures = 6;

    /// <summary>The pictures that may come at once, and the text.</summary>
    internal const long MostBytes = (MostPictures * 10L + 4) * 1024 * 1024;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/posts/new", New).RequireSignIn();
        app.MapPost("/{vanity}/posts/new", PostNew).RequireSignIn().WithMetadata(new RequestSizeLimitAttribute(MostBytes));
        app.MapGet("/{vanity}/posts/{id:long}/edit", Edit).RequireSignIn();
        app.MapPost("/{vanity}/posts/{id:long}/edit", PostEdit).RequireSignIn().WithMetadata(new RequestSizeLimitAttribute(MostBytes));
    }

    /// <summary>Saves, and with <paramref name="publish"/> publishes or schedules unless the charge needs its confirmation first: all or
    /// nothing. A new post sent again (pressed twice, or after going back) is the one that was made the first time.</summary>
    /// <returns>The post, and whether it is still to be confirmed.</returns>
    internal static async Task<(Post Post, bool ToConfirm)> Handle(
        CampaignInfo campaign, long authorId, long? postId, int version, PostDraft draft, bool publish, Services s, CancellationToken ct)
    {
        await using var transaction = await s.Db.BeginWrite(ct);
        if (draft.PublishAt is { } at && at <= await s.Books.Now(campaign.BookId, ct))
            throw Refusal.InvalidField("publish_at", "This time has passed. Choose a later one, or leave it empty to publish at once.");
        var sent = postId is null ? await s.Writing.Again(campaign, authorId, draft, ct) : null;
        if (sent is not null && draft.Slot is { } typed) await s.Revisions.Forget(campaign.Id, authorId, 0, typed, ct);
        var post = postId is { } id ? await s.Writing.Edit(campaign, id, version, draft, ct)
            : sent is not null ? await s.Writing.Edit(campaign, sent.Id, sent.Version, draft, ct)
            : await s.Writing.Create(campaign, authorId, draft, ct);
        var toConfirm = publish && post.State != PostState.Published && post.Charge == ChargeState.OnPublish;
        if (post.State == PostState.Scheduled && !publish)
        {
            if (draft.PublishAt is null) throw Refusal.InvalidField("publish_at",
                "A scheduled post needs its time. Choose one, or move the post to your drafts first.");
            if (draft.PublishAt != post.PublishAt) await s.Publishing.Publish(campaign, post.Id, draft.PublishAt, ct);
        }
        else if (publish && !toConfirm && post.State != PostState.Published)
        {
            await s.Publishing.Publish(campaign, post.Id, draft.PublishAt, ct);
        }
        await transaction.Commit(ct);
        return (post, toConfirm);
    }

    /// <summary>What the composer works with.</summary>
    internal sealed class Services(Db db, ICampaigns campaigns, Books books, IGate gate, IPaidPosts paidPosts, PostWriting writing,
        Publishing publishing, ImageStore images, IVault vault, Revisions revisions, Tags tags, PollStore polls, Collections collections,
        IPostMail mail, PostsOptions options, Ids ids, Localizer l)
    {
        public Ids Ids => ids;
        public IPostMail Mail => mail;
        public Revisions Revisions => revisions;
        public Tags Tags => tags;
        public Collections Collections => collections;
        public PollStore Polls => polls;
        public Db Db => db;
        public ICampaigns Campaigns => campaigns;
        public Books Books => books;
        public IGate Gate => gate;
        public IPaidPosts PaidPosts => paidPosts;
        public PostWriting Writing => writing;
        public Publishing Publishing => publishing;
        public ImageStore Images => images;
        public IVault Vault => vault;

        /// <summary>A text as its writer looks at it.</summary>
        public async Task<IReadOnlyList<TextBlock>> Drawn(CampaignInfo campaign, string markdown, CancellationToken ct) =>
            TextBlocks.Of(PostText.Draft(markdown, await writing.Images(campaign.Id, markdown, ct),
                l["Down to here everybody may read. What follows is for the audience you choose."]), options.PeerTubes);

        /// <exception cref="Refusal">The campaign is not this person's: as if it did not exist.</exception>
        public async Task<CampaignInfo> Owned(string vanity, HttpContext http, CancellationToken ct) =>
            await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("campaign");
    }

    private static async Task<IResult> New(string vanity, HttpContext http, Services s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        var form = FormState.With(("audience", "public"), ("by_mail", await s.Mail.ByMail(campaign.Id, ct) ? "true" : "false"));
        return await Opened(campaign, null, form, http, s, ct);
    }

    private static async Task<IResult> Edit(string vanity, long id, HttpContext http, Services s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        var post = await s.Writing.Load(campaign.Id, id, ct);
        var release = (await s.Gate.Releases([post.RuleId], ct))[post.RuleId];
        var audience = release.First;
        var form = FormState.With(
            ("title", post.Title), ("teaser", post.Teaser), ("markdown", post.Markdown), ("audience", Columns.Of(audience.Kind)),
            ("tiers", string.Join(',', audience.TierIds)), ("charge", post.Charge == ChargeState.OnPublish ? "true" : "false"),
            ("by_mail", post.ByMail ? "true" : "false"),
            ("publish_at", post.PublishAt is { } at ? PublishTime.Write(at, campaign.Zone) : null)).And(ReleaseFields.Of(release, campaign.Zone))
            .And([("tags", string.Join(", ", await s.Tags.Of(post.Id, ct))), ("collections", string.Join(',', await s.Collections.Holding(post.Id, ct)))]);
        if (await s.Polls.Find(post.Id, 0, ct) is { } poll) form = form.And(VotePages.Fields(poll, campaign.Zone));
        return await Opened(campaign, post, form, http, s, ct);
    }

    /// <summary>The composer with what was typed and not saved: taken up when the writer asked for it, else offered until they do or throw it
    /// away. Each opening keeps what is typed in a slot of its own.</summary>
    private static async Task<IResult> Opened(CampaignInfo campaign, Post? post, FormState form, HttpContext http, Services s, CancellationToken ct)
    {
        var unsaved = await s.Revisions.Unsaved(campaign.Id, http.RequireViewer().Id, post?.Id ?? 0, ct);
        var taken = unsaved.FirstOrDefault(u => http.Request.Query["unsaved"] == u.Slot.ToString(CultureInfo.InvariantCulture));
        var values = new Dictionary<string, string>(form.Values) { ["slot"] = (taken?.Slot ?? s.Ids.Next()).ToString(CultureInfo.InvariantCulture) };
        if (taken is not null) (values["title"], values["teaser"], values["markdown"]) = (taken.Title, taken.Teaser, taken.Markdown);
        return await Draw(campaign, post, form with { Values = values }, null, s, ct, [.. unsaved.Where(u => u != taken)]);
    }

    private static Task<IResult> PostNew(string vanity, HttpContext http, Services s, CancellationToken ct) =>
        Post(vanity, null, http, s, ct);

    private static Task<IResult> PostEdit(string vanity, long id, HttpContext http, Services s, CancellationToken ct) =>
        Post(vanity, id, http, s, ct);

    private static async Task<IResult> Post(string vanity, long? id, HttpContext http, Services s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        var post = id is { } postId ? await s.Writing.Load(campaign.Id, postId, ct) : null;
        return await FormInput.Submit(http, async input => input.Raw("action") switch
        {
            "preview" => await Preview(campaign, post, http, s, ct),
            "picture" => await Picture(campaign, post, input, http, s, ct),
            var action => await Save(campaign, post, input, action == "publish", http, s, ct),
        }, state => Draw(campaign, post, state, null, s, ct));
    }

    private static async Task<IResult> Save(CampaignInfo campaign, Post? known, FormInput input, bool publish, HttpContext http,
        Services s, CancellationToken ct)
    {
        var (draft, wasPublished) = (Read(input, campaign), known?.State == PostState.Published);
        var (post, toConfirm) = await Handle(campaign, http.RequireViewer().Id, known?.Id, input.Integer("version") ?? 0, draft,
            publish, s, ct);
        if (toConfirm) return Pages.SeeOther($"/{campaign.Vanity}/posts/{post.Id}/publish");
        http.Flashes(post.State switch { PostState.Published => wasPublished ? "Saved." : "Published.", PostState.Scheduled => "Scheduled.",
            _ => "Saved as a draft." });
        return Pages.SeeOther(post.State == PostState.Published ? post.Path(campaign.Vanity) : publish ? $"/{campaign.Vanity}/posts?state=scheduled"
            : $"/{campaign.Vanity}/posts/{post.Id}/edit");
    }

    private static PostDraft Read(FormInput input, CampaignInfo campaign)
    {
        var title = input.Required("title", Model.Post.MaxTitle);
        var teaser = input.Text("teaser", Model.Post.MaxTeaser);
        var markdown = input.Text("markdown", Model.Post.MaxMarkdown);
        var kind = input.Choice<AudienceKind>("audience");
        var tiers = input.All("tiers")
            .Select(t => long.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var tier) ? tier : 0).ToList();
        if (kind == AudienceKind.Tiers && tiers.Count == 0) input.Wrong("tiers", "Choose at least one tier, or another audience.");
        var tags = Stipend.Posts.Tagging.Tags.Read(input);
        var later = ReleaseFields.Read(input, campaign.Zone);
        input.Check();
        return new PostDraft(
            title, teaser, markdown, new Audience(kind!.Value, kind == AudienceKind.Tiers ? tiers : []), input.Ticked("charge"),
            input.Has("publish_at") ? PublishTime.Read(input.Raw("publish_at"), campaign.Zone) : null)
        {
            ByMail = input.IsSent("with_by_mail") ? input.Ticked("by_mail") : null,
            Slot = input.Id("slot"), Later = later, Tags = tags,
            Collections = input.IsSent("with_collections") ? input.All("collections") : null, Poll = new TypedPoll(VotePages.Read(input, campaign.Zone)),
        };
    }

    private static async Task<IResult> Preview(CampaignInfo campaign, Post? post, HttpContext http, Services s, CancellationToken ct)
    {
        var state = Typed(http.Request.Form);
        var markdown = state.Value("markdown");
        return await Draw(campaign, post, state, await s.Drawn(campaign, markdown, ct), s, ct);
    }

    /// <summary>Takes pictures in and puts them at the end of the text, several as a gallery; nothing else is saved yet.</summary>
    private static async Task<IResult> Picture(CampaignInfo campaign, Post? post, FormInput input, HttpContext http, Services s,
        CancellationToken ct)
    {
        var files = input.Files.GetFiles("picture");
        if (files.Count == 0) throw Refusal.InvalidField("picture", "Choose a picture first.");
        if (files.Count > MostPictures) throw Refusal.InvalidField("picture", $"At most {MostPictures} pictures at once.");
        if (files.Any(f => f.Length > s.Images.MaxBytes)) throw Refusal.InvalidField("picture", s.Images.TooLarge().Message);
        var lines = new List<string>();
        foreach (var file in files)
            lines.Add($"![](/media/{(await s.Images.Add(campaign, http.RequireViewer().Id, file, ct)).Id})");
        var state = Typed(http.Request.Form);
        var values = new Dictionary<string, string>(state.Values) { ["markdown"] = (state.Value("markdown").TrimEnd()
            + $"\n\n{string.Join('\n', lines)}\n").TrimStart() };
        return await Draw(campaign, post, state with { Values = values }, null, s, ct);
    }

    private static FormState Typed(IFormCollection form) =>
        FormState.Empty with { Values = form.Keys.ToDictionary(k => k, k => form[k].ToString()) };

    private static async Task<IResult> Draw(CampaignInfo campaign, Post? post, FormState form, IReadOnlyList<TextBlock>? preview, Services s,
        CancellationToken ct, IReadOnlyList<UnsavedText>? unsaved = null)
    {
        var now = await s.Books.Now(campaign.BookId, ct);
        var tiers = (await s.Campaigns.Tiers(campaign.Id, ct)).Where(t => !t.IsRetired).ToList();
        var billed = post?.Charge == ChargeState.Charged ? await s.PaidPosts.Find(post.Id, ct) : null;
        var canUndo = post?.Charge == ChargeState.Charged && post.CanUndo(await s.Books.Now(post.BookId, ct));
        var edited = post is null ? null : new ComposePage.EditedPost(
            post.Id, post.Title, post.Path(campaign.Vanity), post.State, post.Charge, post.PublishedAt ?? post.PublishAt, post.UndoUntil,
                post.Version, await s.Vault.FilesOf(PostFiles.KindName, post.Id, ct), await s.Vault.UseOf(campaign.Id, ct));
        return Pages.Show<ComposePage>(new ComposePage.View(campaign, tiers, edited, billed, canUndo, now, form, preview)
            { Unsaved = unsaved ?? [], Collections = await s.Collections.Of(campaign.Id, ct) });
    }
}
