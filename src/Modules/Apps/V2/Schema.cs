using System.Globalization;
using Stipend.Apps.JsonApi;
using Stipend.Apps.Model;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;

namespace Stipend.Apps.V2;

/// <summary>Version 2's resources as data. What this site does not have is null or empty, never invented.</summary>
internal static class Schema
{
    private static readonly string[] s_networks =
    [
        "deviantart", "discord", "facebook", "google", "instagram", "reddit", "spotify", "spotify_open_access", "tiktok", "twitch", "twitter",
        "twitter2", "vimeo", "youtube",
    ];

    private static readonly IReadOnlyDictionary<string, object?> s_noConnections = s_networks.ToDictionary(n => n, _ => (object?)null);

    public static readonly ResourceType<UserEntity> User = new ResourceType<UserEntity>("user", "user", u => Id(u.Person.Id))
        .HasNo("about", "can_see_nsfw", "hide_pledges")
        .Has("created", u => u.Person.CreatedAt)
        .Has("email", (u, _) => u.Person.Email, (u, call) => u.Person.Id == call.Bearer.Person.Id && call.May(Scopes.Email))
        .Has("first_name", u => NameParts(u.Person.Name).First)
        .Has("last_name", u => NameParts(u.Person.Name).Last)
        .Has("full_name", u => u.Person.Name)
        .Has("image_url", (u, call) => Picture(call, u.Person.Id, 400))
        .Has("thumb_url", (u, call) => Picture(call, u.Person.Id, 100))
        .Has("is_creator", u => u.Page is not null)
        .Has("is_email_verified", u => u.Person.IsConfirmed)
        .Has("like_count", _ => 0)
        .Has("social_connections", _ => s_noConnections)
        .Has("url", (u, call) => u.Page is null ? $"{call.Origin}/user?u={Id(u.Person.Id)}" : $"{call.Origin}/{u.Page.Vanity}")
        .Has("vanity", u => u.Page?.Vanity)
        .One<CampaignEntity>("campaign", () => Campaign!, async (users, call) =>
        {
            var owned = (await call.Reads.Campaigns.OwnedByAny(users.Select(u => u.Person.Id).ToList(), call.Ct))
                .Where(c => c.IsPublished || c.OwnerId == call.Bearer.Person.Id).GroupBy(c => c.OwnerId).ToDictionary(g => g.Key, g => g.First());
            var pages = await call.Reads.Pages(owned.Values, call);
            return u => owned.TryGetValue(u.Person.Id, out var campaign) ? pages[campaign.Id] : null;
        }, call => call.May(Scopes.Campaigns))
        .Many<MemberEntity>("memberships", () => Member!, async (users, call) =>
        {
            var found = await call.Reads.MembershipsOf(users, call);
            return u => found[u.Person.Id].ToList();
        });

    public static readonly ResourceType<CampaignEntity> Campaign = new ResourceType<CampaignEntity>("campaign", "campaigns", c => Id(c.Info.Id))
        .HasNo("creation_name", "discord_server_id", "google_analytics_id", "main_video_embed", "main_video_url", "rss_artwork_url",
            "rss_feed_title", "thanks_embed", "thanks_msg", "thanks_video_url")
        .Has("created_at", c => c.Info.CreatedAt)
        .Has("currency", c => c.Info.CurrencyCode)
        .Has("has_rss", _ => false)
        .Has("has_sent_rss_notify", _ => false)
        .Has("image_small_url", (c, call) => Picture(call, c.Info.Id, 100))
        .Has("image_url", (c, call) => c.Info.BannerUrl is { } banner ? call.Origin + banner : Picture(call, c.Info.Id, 400))
        .Has("is_charged_immediately", c => c.Info.Model is BillingModel.MonthlyAnniversary or BillingModel.MonthlyUpfront)
        .Has("is_monthly", c => c.Info.Model != BillingModel.PerCreation)
        .Has("is_nsfw", _ => false)
        .Has("name", c => c.Info.Name)
        .Has("one_liner", c => c.Info.Summary.Length == 0 ? null : c.Info.Summary)
        .Has("patron_count", c => c.Patrons)
        .Has("pay_per_name", c => c.Info.Model.Per())
        .Has("pledge_url", c => $"/checkout/{c.Info.Vanity}")
        .Has("published_at", c => c.Info.IsPublished ? c.Info.CreatedAt : null)
        .Has("show_earnings", _ => false)
        .Has("summary", c => c.About.Length == 0 ? null : Paragraphs(c.About))
        .Has("url", (c, call) => $"{call.Origin}/{c.Info.Vanity}")
        .Has("vanity", c => c.Info.Vanity)
        .LeadsNowhere(true, () => Benefit!, null, "benefits")
        .LeadsNowhere(true, () => Goal!, null, "goals")
        .LeadsNowhere(true, () => Plain!, null, "campaign_installations", "categories", "live_access_rules")
        .One<UserEntity>("creator", () => User, async (campaigns, call) =>
        {
            var users = await call.Reads.Users(campaigns.Select(c => c.Info.OwnerId), call);
            return c => users.GetValueOrDefault(c.Info.OwnerId);
        })
        .Many<TierEntity>("tiers", () => Tier!, async (campaigns, call) =>
        {
            var tiers = await call.Reads.Tiers(campaigns.Select(c => c.Info), call);
            return c => tiers[c.Info.Id].ToList();
        });

    public static readonly ResourceType<TierEntity> Tier = new ResourceType<TierEntity>("tier", "tiers", t => Id(t.Id))
        .HasNo("discord_role_ids", "image_url", "post_count", "unpublished_at")
        .Has("amount_cents", t => t.Tier?.PriceMinor ?? 0)
        .Has("created_at", t => t.Tier?.CreatedAt ?? t.Campaign.CreatedAt)
        .Has("description", t => Paragraphs(t.Tier?.Description ?? ""))
        .Has("edited_at", t => t.Tier?.CreatedAt ?? t.Campaign.CreatedAt)
        .Has("patron_count", t => t.Members)
        .Has("published", t => t.Tier is not { IsRetired: true })
        .Has("published_at", t => t.Tier is { IsRetired: true } ? null : t.Tier?.CreatedAt ?? t.Campaign.CreatedAt)
        .Has("remaining", t => t.SeatsLeft)
        .Has("requires_shipping", _ => false)
        .Has("title", t => t.Tier?.Name ?? "Free")
        .Has("url", t => $"/checkout/{t.Campaign.Vanity}?rid={Id(t.Id)}")
        .Has("user_limit", t => t.Tier?.SeatLimit)
        .LeadsNowhere(true, () => Benefit!, null, "benefits")
        .LeadsNowhere(false, () => Plain!, null, "tier_image")
        .One<CampaignEntity>("campaign", () => Campaign, async (tiers, call) =>
        {
            var pages = await call.Reads.Pages(tiers.Select(t => t.Campaign), call);
            return t => pages[t.Campaign.Id];
        });

    public static readonly ResourceType<MemberEntity> Member = new ResourceType<MemberEntity>("member", "members", m => MemberId.Of(m.Member.Id))
        .Has("campaign_lifetime_support_cents", m => m.Standing.LifetimeMinor)
        .Has("currently_entitled_amount_cents", m => m.Standing.EntitledMinor)
        .Has("email", (m, _) => m.Person?.Email, (m, call) => m.Campaign.OwnerId == call.Bearer.Person.Id && call.May(Scopes.MemberEmail))
        .Has("full_name", m => m.Person?.Name)
        .Has("is_follower", _ => false)
        .Has("is_free_trial", _ => false)
        .Has("is_gifted", _ => false)
        .Has("last_charge_date", m => m.Standing.ChargedAt)
        .Has("last_charge_status", m => m.Standing.ChargeStatus)
        .Has("lifetime_support_cents", m => m.Standing.LifetimeMinor)
        .Has("next_charge_date", m => m.Standing.NextChargeAt)
        .Has("note", _ => "")
        .Has("patron_status", m => m.Standing.PatronStatus)
        .Has("pledge_cadence", m => m.Standing.Cadence)
        .Has("pledge_relationship_start", m => m.Standing.Since)
        .Has("will_pay_amount_cents", m => m.Standing.WillPayMinor)
        .LeadsNowhere(false, () => Address!, call => call.May(Scopes.MemberAddress), "address")
        .One<CampaignEntity>("campaign", () => Campaign, async (members, call) =>
        {
            var pages = await call.Reads.Pages(members.Select(m => m.Campaign), call);
            return m => pages[m.Campaign.Id];
        })
        .Many<TierEntity>("currently_entitled_tiers", () => Tier, async (members, call) =>
        {
            var tiers = (await call.Reads.Tiers(members.Select(m => m.Campaign), call)).SelectMany(t => t).ToDictionary(t => t.Id);
            return m => m.Standing.Tiers.Select(t => tiers[t ?? TierEntity.FreeId(m.Campaign.Id)]).ToList();
        })
        .Many<EventEntity>("pledge_history", () => PledgeEvent!, async (members, call) =>
        {
            var events = await call.Reads.History(members, call);
            return m => events[new PatronKey(m.Member.Now.BookId, m.Member.Now.CampaignId, m.Member.Now.PersonId)].ToList();
        })
        .One<UserEntity>("user", () => User, async (members, call) =>
        {
            var users = await call.Reads.Users(members.Select(m => m.Member.Now.PersonId), call);
            return m => users.GetValueOrDefault(m.Member.Now.PersonId);
        });

    public static readonly ResourceType<EventEntity> PledgeEvent = new ResourceType<EventEntity>("pledge-event", "pledge-events", e => e.Id)
        .HasNo("tier_id", "tier_title")
        .Has("amount_cents", e => e.Event.AmountMinor)
        .Has("currency_code", e => e.Event.Currency)
        .Has("date", e => e.Event.At)
        .Has("payment_status", e => MemberStanding.Words(e.Event.Charge))
        .Has("pledge_payment_status", e => e.Event.Charge switch
        {
            LastCharge.Pending => "pending", LastCharge.Declined => "declined", LastCharge.GivenUp => "disabled", _ => "valid",
        })
        .Has("type", e => Platform.Data.Columns.Of(e.Event.Kind))
        .LeadsNowhere(false, () => Tier, null, "tier")
        .One<CampaignEntity>("campaign", () => Campaign, async (events, call) =>
        {
            var pages = await call.Reads.Pages(events.Select(e => e.Campaign), call);
            return e => pages[e.Campaign.Id];
        })
        .One<UserEntity>("patron", () => User, async (events, call) =>
        {
            var users = await call.Reads.Users(events.Select(e => e.Event.Key.PatronId), call);
            return e => users.GetValueOrDefault(e.Event.Key.PatronId);
        });

    public static readonly ResourceType<PostEntity> Post = new ResourceType<PostEntity>("post", "posts", p => Id(p.Post.Id))
        .HasNo("app_id", "app_status", "embed_data", "embed_url")
        .Has("content", (p, call) => p.Post.Html.Replace("=\"/media/", $"=\"{call.Origin}/media/", StringComparison.Ordinal))
        .Has("is_paid", p => p.Post.IsCharged)
        .Has("is_public", p => p.Audience.Kind == AudienceKind.Public)
        .Has("published_at", p => p.Post.PublishedAt)
        .Has("tiers", p => Readers(p))
        .Has("title", p => p.Post.Title)
        .Has("url", (p, call) => call.Origin + p.Post.Path)
        .One<CampaignEntity>("campaign", () => Campaign, async (posts, call) =>
        {
            var pages = await call.Reads.Pages(posts.Select(p => p.Campaign), call);
            return p => pages[p.Campaign.Id];
        })
        .One<UserEntity>("user", () => User, async (posts, call) =>
        {
            var users = await call.Reads.Users(posts.Select(p => p.Post.AuthorId), call);
            return p => users.GetValueOrDefault(p.Post.AuthorId);
        });

    public static readonly ResourceType<WebhookEntity> Webhook = new ResourceType<WebhookEntity>("webhook", "webhooks", w => Id(w.Webhook.Id))
        .Has("last_attempted_at", w => w.Webhook.LastAttemptedAt)
        .Has("num_consecutive_times_failed", w => w.Webhook.Failures)
        .Has("paused", w => w.Webhook.IsPaused)
        .Has("secret", w => w.Webhook.Secret)
        .Has("triggers", w => w.Webhook.TriggerList)
        .Has("uri", w => w.Webhook.Uri)
        .One<CampaignEntity>("campaign", () => Campaign, async (webhooks, call) =>
        {
            var pages = await call.Reads.Pages(webhooks.Select(w => w.Campaign), call);
            return w => pages[w.Campaign.Id];
        })
        .One<OauthClient>("client", () => Client!, (_, call) => Task.FromResult<Func<WebhookEntity, OauthClient?>>(_ => call.Bearer.Client));

    /// <summary>The app that asks; its secret is not known here any more.</summary>
    public static readonly ResourceType<OauthClient> Client = new ResourceType<OauthClient>("client", "clients", c => c.PublicId)
        .Has("author_name", c => c.AuthorName)
        .Has("domain", c => c.Domain)
        .Has("icon_url", c => c.IconUrl)
        .Has("privacy_policy_url", c => c.PrivacyPolicyUrl)
        .Has("tos_url", c => c.TosUrl)
        .Has("category", _ => "")
        .Has("default_scopes", _ => "")
        .Has("description", c => c.Description)
        .Has("name", c => c.Name)
        .Has("redirect_uris", c => c.RedirectUris)
        .Has("version", c => c.ApiVersion)
        .LeadsNowhere(true, () => Plain!, null, "apps")
        .LeadsNowhere(false, () => Plain!, null, "creator_token")
        .One<CampaignEntity>("campaign", () => Campaign, async (clients, call) =>
        {
            var known = await call.Reads.Campaigns.FindMany(clients.Select(c => c.CampaignId).ToList(), call.Ct);
            var pages = await call.Reads.Pages(known.Values, call);
            return c => pages.GetValueOrDefault(c.CampaignId);
        })
        .One<UserEntity>("user", () => User, async (clients, call) =>
        {
            var users = await call.Reads.Users(clients.Select(c => c.OwnerId), call);
            return c => users.GetValueOrDefault(c.OwnerId);
        });

    // What this site does not have: nobody meets one, but a path may lead over it.
    public static readonly ResourceType<object> Benefit = None("benefit")
        .LeadsNowhere(false, () => Campaign, null, "campaign")
        .LeadsNowhere(false, () => Plain!, null, "campaign_installation")
        .LeadsNowhere(true, () => Deliverable!, null, "deliverables")
        .LeadsNowhere(true, () => Tier, null, "tiers");

    public static readonly ResourceType<object> Deliverable = None("deliverable")
        .LeadsNowhere(false, () => Benefit, null, "benefit")
        .LeadsNowhere(false, () => Campaign, null, "campaign")
        .LeadsNowhere(false, () => Member, null, "member")
        .LeadsNowhere(false, () => User, null, "user");

    public static readonly ResourceType<object> Address = None("address")
        .LeadsNowhere(true, () => Campaign, null, "campaigns")
        .LeadsNowhere(false, () => User, null, "user");

    public static readonly ResourceType<object> Goal = None("goal").LeadsNowhere(false, () => Campaign, null, "campaign");
    public static readonly ResourceType<object> Plain = None("media");

    private static ResourceType<object> None(string name) => new(name, name, _ => "");

    private static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);

    private static string Picture(ApiCall call, long id, int size) => $"{call.Origin}/avatars/{Id(id)}/{size}.png";

    private static (string First, string Last) NameParts(string name) => name.LastIndexOf(' ') is var at and > 0
        ? (name[..at], name[(at + 1)..]) : (name, "");

    internal static string Paragraphs(string text) => string.Concat(
        text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(p => $"<p>{System.Net.WebUtility.HtmlEncode(p).Replace("\n", "<br>", StringComparison.Ordinal)}</p>"));

    /// <summary>The tiers a closed post is for; null for a public one.</summary>
    private static List<string>? Readers(PostEntity post) => post.Audience.Kind switch
    {
        AudienceKind.Public => null,
        AudienceKind.Tiers => post.Audience.TierIds.Select(Id).ToList(),
        AudienceKind.PaidMembers => post.Tiers.Select(t => Id(t.Id)).ToList(),
        _ => post.Tiers.Select(t => Id(t.Id)).Prepend(Id(TierEntity.FreeId(post.Campaign.Id))).ToList(),
    };
}
