using System.Text.Json;
using System.Text.RegularExpressions;

namespace Stipend.Integration.Apps;

/// <summary>Section 8 of the contract as data: every attribute and what its value may be. “?”: or null.</summary>
internal static partial class ContractAttributes
{
    private const string User = """
        about string? can_see_nsfw bool? created time email string first_name string? last_name string? full_name string hide_pledges bool?
        image_url string is_creator bool is_email_verified bool like_count int social_connections object thumb_url string url string
        vanity string?
        """;

    private const string Campaign = """
        created_at time creation_name string? currency string discord_server_id string? google_analytics_id string? has_rss bool
        has_sent_rss_notify bool image_small_url string image_url string is_charged_immediately bool? is_monthly bool is_nsfw bool
        main_video_embed string? main_video_url string? name string one_liner string? patron_count int pay_per_name string?
        pledge_url string published_at time? rss_artwork_url string? rss_feed_title string? show_earnings bool summary string?
        thanks_embed string? thanks_msg string? thanks_video_url string? url string vanity string?
        """;

    private const string Tier = """
        amount_cents int created_at time description string discord_role_ids strings? edited_at time image_url string? patron_count int
        post_count int? published bool published_at time? remaining int? requires_shipping bool title string unpublished_at time? url string
        user_limit int?
        """;

    private const string Member = """
        campaign_lifetime_support_cents int currently_entitled_amount_cents int email string full_name string is_follower bool
        is_free_trial bool is_gifted bool last_charge_date time? last_charge_status string? lifetime_support_cents int
        next_charge_date time? note string patron_status string? pledge_cadence int? pledge_relationship_start time?
        will_pay_amount_cents int
        """;

    private const string Event = """
        amount_cents int currency_code string date time payment_status string? pledge_payment_status string tier_id string?
        tier_title string? type string
        """;

    private const string Post = """
        app_id int? app_status string? content string? embed_data object? embed_url string? is_paid bool? is_public bool? published_at time?
        tiers strings? title string? url string
        """;

    public static readonly Dictionary<string, Dictionary<string, string>> All = new()
    {
        ["user"] = Read(User), ["campaign"] = Read(Campaign), ["tier"] = Read(Tier), ["member"] = Read(Member), ["pledge-event"] = Read(Event),
        ["post"] = Read(Post),
    };

    public static bool Fits(string type, string attribute, JsonElement value)
    {
        var kind = All[type][attribute];
        if (value.ValueKind == JsonValueKind.Null) return kind.EndsWith('?');
        return kind.TrimEnd('?') switch
        {
            "string" => value.ValueKind == JsonValueKind.String,
            "int" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "bool" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "time" => value.ValueKind == JsonValueKind.String && Time().IsMatch(value.GetString()!),
            "object" => value.ValueKind == JsonValueKind.Object,
            "strings" => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String),
            _ => false,
        };
    }

    private static Dictionary<string, string> Read(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Chunk(2)
        .ToDictionary(pair => pair[0], pair => pair[1]);

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$")]
    private static partial Regex Time();
}
