using Stipend.Memberships.Contracts;
using Stipend.Posts.Contracts;

namespace Stipend.Apps.Webhooks;

/// <summary>What a webhook can be told of, by the names clients know.</summary>
internal static class Triggers
{
    public const string PostPublish = "posts:publish", PostUpdate = "posts:update", PostDelete = "posts:delete";

    /// <summary>Of version 2, then version 1's, which forums still take.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "members:create", "members:update", "members:delete", "members:pledge:create", "members:pledge:update", "members:pledge:delete",
        PostPublish, PostUpdate, PostDelete, "pledges:create", "pledges:update", "pledges:delete",
    ];

    /// <summary>The triggers of a change, in version 2 and, where it has a word for it, in version 1.</summary>
    public static (string Trigger, string? First) Of(MembershipChangeKind kind) => kind switch
    {
        MembershipChangeKind.Joined => ("members:create", null),
        MembershipChangeKind.Pledged => ("members:pledge:create", "pledges:create"),
        MembershipChangeKind.PledgeChanged => ("members:pledge:update", "pledges:update"),
        MembershipChangeKind.PledgeEnded => ("members:pledge:delete", "pledges:delete"),
        MembershipChangeKind.Left => ("members:delete", null),
        _ => ("members:update", null),
    };

    public static string Of(PostChangeKind kind) => kind switch
    {
        PostChangeKind.Published => PostPublish, PostChangeKind.Edited => PostUpdate, _ => PostDelete,
    };

    /// <summary>What a token must open to be told of a trigger.</summary>
    public static string ScopeOf(string trigger) => trigger.StartsWith("posts:", StringComparison.Ordinal) ? Model.Scopes.Posts : Model.Scopes.Members;

    /// <summary>What a trigger tells, for the page where it is chosen.</summary>
    public static string Words(string trigger) => trigger switch
    {
        "members:create" => "Somebody becomes a member for the first time, free or paying.",
        "members:update" => "Anything about a membership changes, the result of each charge included.",
        "members:delete" => "A member who never paid leaves.",
        "members:pledge:create" => "Somebody begins to pay.",
        "members:pledge:update" => "A member changes tier or amount.",
        "members:pledge:delete" => "A member cancels, or stops paying.",
        PostPublish => "A post is published.",
        PostUpdate => "A published post is changed.",
        PostDelete => "A published post is deleted or withdrawn.",
        _ => "As above, in the form of the API's version 1.",
    };

    /// <summary>A list as it is kept: each once, in their order.</summary>
    public static string Kept(IEnumerable<string> triggers)
    {
        var wanted = triggers.ToHashSet(StringComparer.Ordinal);
        return string.Join(' ', All.Where(wanted.Contains));
    }
}
