namespace Stipend.Apps.Model;

/// <summary>What a token may see, by the names clients ask with.</summary>
internal static class Scopes
{
    public const string Identity = "identity", Email = "identity[email]", Memberships = "identity.memberships", Campaigns = "campaigns",
        Webhooks = "w:campaigns.webhook", Members = "campaigns.members", MemberEmail = "campaigns.members[email]",
        MemberAddress = "campaigns.members.address", Posts = "campaigns.posts";

    /// <summary>Every scope of version 2, as a creator's own token has them.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        Identity, Email, Memberships, Campaigns, Webhooks, Members, MemberEmail, MemberAddress, Posts, "campaigns.lives",
        "w:campaigns.lives", "w:identity.clients",
    ];

    /// <summary>Scopes of version 1 and what they open.</summary>
    private static readonly Dictionary<string, string[]> s_first = new(StringComparer.Ordinal)
    {
        ["users"] = [Identity, Email], ["pledges-to-me"] = [Memberships], ["my-campaign"] = [Campaigns],
        ["pledges"] = [Members, MemberEmail, MemberAddress],
    };

    /// <summary>The scopes of a request as they are granted; null when one of them does not exist. Empty means what the client's version
    /// means by it.</summary>
    public static string? Grant(string? asked, int apiVersion)
    {
        var scopes = (asked ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToList();
        if (scopes.Count == 0) return apiVersion == 1 ? "users pledges-to-me my-campaign" : Identity;
        if (scopes.Any(s => !All.Contains(s) && !s_first.ContainsKey(s))) return null;
        if (scopes.Contains(Email) && !scopes.Contains(Identity)) scopes.Insert(0, Identity); // an address alone is of no use
        return string.Join(' ', scopes);
    }

    /// <summary>What granted scopes open, in the names of version 2.</summary>
    public static HashSet<string> Opened(string granted) =>
        granted.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(s => s_first.TryGetValue(s, out var more) ? more : [s]).ToHashSet(StringComparer.Ordinal);
}
