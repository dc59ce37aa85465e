using Stipend.Apps.Model;

namespace Stipend.Apps.OAuth;

/// <summary>Scopes as sentences a person can say yes or no to; English, for the localizer. A scope that opens nothing here has none.</summary>
internal static class Consent
{
    private static readonly (string Scope, string Words)[] s_words =
    [
        (Scopes.Identity, "Know you again, and see your name and your membership of this page"),
        (Scopes.Email, "See your mail address"),
        (Scopes.Memberships, "See all your memberships, those of other creators too"),
        (Scopes.Campaigns, "See your own pages and their tiers"),
        (Scopes.Members, "See the members of your own pages"),
        (Scopes.MemberEmail, "See the mail addresses of your members"),
        (Scopes.MemberAddress, "See the postal addresses of your members"),
        (Scopes.Posts, "Read all posts of your own pages, closed ones too"),
        (Scopes.Webhooks, "Be told when something changes on your own pages"),
    ];

    public static IReadOnlyList<string> Words(HashSet<string> scopes) =>
        s_words.Where(w => scopes.Contains(w.Scope)).Select(w => w.Words).ToList();
}
