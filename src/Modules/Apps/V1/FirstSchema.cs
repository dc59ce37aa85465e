using System.Globalization;
using Stipend.Apps.JsonApi;
using Stipend.Apps.Model;
using Stipend.Apps.V2;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;

namespace Stipend.Apps.V1;

/// <summary>Version 1's resources as data: they tell everything unless a request says otherwise.</summary>
internal static class FirstSchema
{
    private const string Root = "/api";
    private static readonly string[] s_virtualRewardTells =
        ["amount", "amount_cents", "created_at", "description", "remaining", "requires_shipping", "url", "user_limit"];

    public static readonly ResourceType<FirstUser> User = new ResourceType<FirstUser>("user", "user", u => Id(u.User.Person.Id), Root)
        .HasNo("about", "discord_id", "facebook", "facebook_id", "twitch", "twitter", "youtube")
        .From(Schema.User, u => u.User, "created", "first_name", "full_name", "image_url", "is_email_verified", "last_name",
            "social_connections", "thumb_url", "url", "vanity")
        .Has("email", (u, _) => u.User.Person.Email, (u, call) => u.User.Person.Id == call.Bearer.Person.Id && call.May(Scopes.Email)
            || u.IsMyPatron && call.May(Scopes.MemberEmail))
        .Has("gender", _ => 0)
        .Has("has_password", _ => false)
        .Has("is_deleted", u => u.User.Person.IsClosed)
        .Has("is_nuked", _ => false)
        .Has("is_suspended", _ => false)
        .ByDefault()
        .Has("like_count", _ => 0)
        .Has("comment_count", _ => 0)
        .One<FirstCampaign>("campaign", () => Campaign!, async (users, call) =>
        {
            var mine = users.Any(u => u.User.Person.Id == call.Bearer.Person.Id) // of others, version 1 told nothing
                ? (await call.Reads.Campaigns.OwnedBy(call.Bearer.Person.Id, call.Ct)).Take(1).ToList() : [];
            var found = await call.FirstReads.Campaigns(mine, call);
            return u => u.User.Person.Id == call.Bearer.Person.Id ? found.Values.FirstOrDefault() : null;
        }, call => call.May(Scopes.Campaigns))
        .Many<FirstPledge>("pledges", () => Pledge!, async (_, call) =>
        {
            var mine = await call.FirstReads.MyPledges(call);
            return u => u.User.Person.Id == call.Bearer.Person.Id ? mine : [];
        });

    public static readonly ResourceType<FirstCampaign> Campaign = new ResourceType<FirstCampaign>("campaign", "campaigns", c => Id(c.Info.Id), Root)
        .HasNo("discord_server_id")
        .From(Schema.Campaign, c => c.Campaign, "created_at", "creation_name", "image_small_url", "image_url", "is_charged_immediately",
            "is_monthly", "is_nsfw", "main_video_embed", "main_video_url", "one_liner", "patron_count", "pay_per_name", "pledge_url",
            "published_at", "summary", "thanks_embed", "thanks_msg", "thanks_video_url")
        .Has("creation_count", c => c.Posts)
        .Has("display_patron_goals", _ => false)
        .Has("earnings_visibility", _ => "private")
        .Has("is_plural", _ => false)
        .Has("outstanding_payment_amount_cents", _ => 0)
        .Has("pledge_sum", (c, _) => c.PledgeSumMinor, (c, call) => c.Campaign.Info.OwnerId == call.Bearer.Person.Id) // what others earn is theirs to tell
        .ByDefault()
        .LeadsNowhere(true, () => Goal!, null, "goals")
        .One<FirstUser>("creator", () => User, async (campaigns, call) =>
        {
            var users = await call.FirstReads.Users(campaigns.Select(c => c.Info.OwnerId), false, call);
            return c => users.GetValueOrDefault(c.Info.OwnerId);
        })
        .Many<Reward>("rewards", () => Reward!, async (campaigns, call) =>
        {
            var rewards = await call.FirstReads.Rewards(campaigns.Select(c => c.Info), call);
            return c => rewards[c.Info.Id].ToList();
        })
        .Many<FirstPledge>("pledges", () => Pledge!, FirstEndpoints.FirstPledges, call => call.May(Scopes.Members), (c, call) =>
        {
            var list = $"{call.Origin}{Answers.ApiPaths.V1}/campaigns/{Id(c.Info.Id)}/pledges";
            var links = new Dictionary<string, object?> { ["first"] = $"{list}?page%5Bcount%5D=20&sort=created" }; // forums rewrite this very text
            if (c.NextPledges is { } next) links["next"] = $"{list}?page%5Bcount%5D=20&sort=created&page%5Bcursor%5D={Uri.EscapeDataString(next)}";
            return links;
        });

    public static readonly ResourceType<FirstPledge> Pledge = new ResourceType<FirstPledge>("pledge", "pledges", p => Id(p.Pledge.VersionNo), Root)
        .Has("amount_cents", p => p.Pledge.AmountMinor)
        .Has("created_at", p => p.Pledge.CreatedAt)
        .Has("declined_since", p => p.Figures is { Last: LastCharge.Declined or LastCharge.GivenUp } f ? f.LastAt : null)
        .Has("patron_pays_fees", _ => false)
        .Has("pledge_cap_cents", p => p.Pledge.CapMinor)
        .ByDefault()
        .Has("currency", p => p.Pledge.Currency)
        .Has("has_shipping_address", _ => false)
        .Has("is_paused", _ => false)
        .Has("status", p => p.Figures is { Last: LastCharge.Declined or LastCharge.GivenUp } ? "declined" : "valid")
        .Has("total_historical_amount_cents", p => p.Figures?.PaidMinor ?? 0)
        .LeadsNowhere(false, () => Schema.Address, null, "address", "card")
        .One<FirstUser>("creator", () => User, async (pledges, call) =>
        {
            var users = await call.FirstReads.Users(pledges.Select(p => p.Campaign.OwnerId), false, call);
            return p => users.GetValueOrDefault(p.Campaign.OwnerId);
        })
        .One<FirstUser>("patron", () => User, async (pledges, call) =>
        {
            var users = await call.FirstReads.Users(pledges.Select(p => p.Pledge.Key.PatronId),
                pledges.All(p => p.Campaign.OwnerId == call.Bearer.Person.Id), call);
            return p => users.GetValueOrDefault(p.Pledge.Key.PatronId);
        })
        .One<Reward>("reward", () => Reward!, async (pledges, call) =>
        {
            var rewards = (await call.FirstReads.Rewards(pledges.Select(p => p.Campaign), call)).SelectMany(r => r).Where(r => r.Tier is not null)
                .ToDictionary(r => r.Id);
            return p => p.TierId is { } tier ? rewards.GetValueOrDefault(tier) : null;
        });

    public static readonly ResourceType<Reward> Reward = new ResourceType<Reward>("reward", "rewards", r => Id(r.Id), Root)
        .Tells("amount", r => r.Tier?.Tier!.PriceMinor ?? r.Virtual + 1)
        .Tells("amount_cents", r => r.Tier?.Tier!.PriceMinor ?? r.Virtual + 1)
        .Tells("created_at", r => r.Tier?.Tier!.CreatedAt)
        .Tells("description", r => r.Tier is null ? r.Virtual < 0 ? "Everyone" : "Patrons Only" : Schema.Paragraphs(r.Tier.Tier!.Description))
        .Tells("remaining", r => r.Tier is null ? 0 : r.Tier.SeatsLeft)
        .Tells("requires_shipping", _ => false)
        .Tells("url", r => r.Tier is null ? null : $"/checkout/{r.Campaign.Vanity}?rid={Id(r.Id)}")
        .Tells("user_limit", r => r.Tier?.Tier!.SeatLimit)
        .Tells("discord_role_ids", _ => null)
        .Tells("edited_at", r => r.Tier?.Tier!.CreatedAt)
        .Tells("image_url", _ => null)
        .Tells("patron_count", r => r.Tier?.Members)
        .Tells("post_count", _ => null)
        .Tells("published", r => r.Tier?.Tier!.IsRetired == false)
        .Tells("published_at", r => r.Tier?.Tier is { IsRetired: false } tier ? tier.CreatedAt : null)
        .Tells("title", r => r.Tier?.Tier!.Name)
        .Tells("unpublished_at", _ => null)
        .ByDefault()
        .One<FirstCampaign>("campaign", () => Campaign, async (rewards, call) =>
        {
            var found = await call.FirstReads.Campaigns(rewards.Select(r => r.Campaign), call);
            return r => found[r.Campaign.Id];
        })
        .One<FirstUser>("creator", () => User, async (rewards, call) =>
        {
            var users = await call.FirstReads.Users(rewards.Select(r => r.Campaign.OwnerId), false, call);
            return r => users.GetValueOrDefault(r.Campaign.OwnerId);
        });

    public static readonly ResourceType<object> Goal = new("goal", "goals", _ => "", Root);

    /// <summary>An attribute of rewards; the virtual ones tell only some.</summary>
    private static ResourceType<Reward> Tells(this ResourceType<Reward> type, string attribute, Func<Reward, object?> read) =>
        type.Has(attribute, (r, _) => read(r), s_virtualRewardTells.Contains(attribute) ? null : (r, _) => r.Tier is not null);

    /// <summary>Attributes that are the same in version 2.</summary>
    private static ResourceType<T> From<T, TOther>(this ResourceType<T> type, ResourceType<TOther> other, Func<T, TOther> of,
        params ReadOnlySpan<string> attributes) where T : class where TOther : class
    {
        foreach (var attribute in attributes)
        {
            var reader = other.Attributes[attribute];
            type.Has(attribute, (entity, call) => reader.Read(of(entity), call));
        }
        return type;
    }

    private static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);
}
