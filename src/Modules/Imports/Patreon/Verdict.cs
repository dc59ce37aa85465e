using Stipend.Memberships.Contracts;

namespace Stipend.Imports.Patreon;

/// <summary>What becomes of a row.</summary>
internal enum Outcome { Imported, Updated, Unchanged, Skipped }

/// <summary>A row's outcome; the reason for all but imported; what to write for imported and updated.</summary>
internal sealed record Verdict(Outcome Outcome, string? Reason)
{
    /// <summary>
    /// Decides from the row and what the person is here already. Who became a member here by their own doing is never changed by a file;
    /// who was only imported, or is a free member, is brought up to date, and the report says so.
    /// </summary>
    public static Verdict Of(PatreonRow row, long? tierId, MembershipInfo? here, bool isOwner)
    {
        if (isOwner) return new Verdict(Outcome.Skipped, "This is your own address; a creator is not their own member.");
        return here switch
        {
            null => new Verdict(Outcome.Imported, null),
            { Status: MembershipStatus.Ended } => OfEnded(row, here),
            { Status: MembershipStatus.Free } => row.Status is PatronStatus.Active or PatronStatus.Declined
                ? new Verdict(Outcome.Updated, "Was a free member here; stays that, and is invited now with what they have there.")
                : new Verdict(Outcome.Unchanged, "Is a free member here already."),
            { Status: MembershipStatus.Invited } => OfInvited(row, tierId, here),
            _ => new Verdict(Outcome.Unchanged, "Is a paying member here already; their tier, amount and dates here were not touched."),
        };
    }

    private static Verdict OfEnded(PatreonRow row, MembershipInfo here) => row.Status switch
    {
        PatronStatus.Former => new Verdict(Outcome.Unchanged, "Is a former member here already."),
        _ when here is { SourceRef: not null, AmountMinor: > 0 } =>
        new Verdict(Outcome.Unchanged, "Was imported before and has left here since; is not invited again."),
        _ => new Verdict(Outcome.Imported, null),
    };

    private static Verdict OfInvited(PatreonRow row, long? tierId, MembershipInfo here)
    {
        if (row.Status == PatronStatus.Former) return new Verdict(Outcome.Updated,
            "Was invited; has left there since, so the invitation is withdrawn.");
        if (row.Status == PatronStatus.Free) return new Verdict(Outcome.Updated, "Was invited; is only a free member there now.");
        var same = here.TierId == tierId && here.AmountMinor == row.PledgeMinor && here.PaidElsewhereUntil == row.PaidUntil
            && here.LifetimeElsewhereMinor == row.LifetimeMinor && here.Cap.Posts == row.MaxPosts;
        return same ? new Verdict(Outcome.Unchanged, "Was imported before with the same tier, amount and dates.")
            : new Verdict(Outcome.Updated, "Was imported before and has not confirmed; brought up to date.");
    }

    /// <summary>The membership a row stands for.</summary>
    public static ImportedMembership Membership(PatreonRow row, long personId, long? tierId) => new(
        personId, row.Status == PatronStatus.Free ? null : tierId, row.Status is PatronStatus.Active or PatronStatus.Declined
        ? row.PledgeMinor : 0,
        row.Status switch
        {
            PatronStatus.Free => MembershipStatus.Free, PatronStatus.Former => MembershipStatus.Ended, _ => MembershipStatus.Invited,
        },
        row.Since, row.PaidUntil, row.LifetimeMinor, row.MaxPosts is { } posts ? new PledgeCap(posts, null) : PledgeCap.None,
        row.UserId.Length > 0 ? "patreon " + row.UserId : "patreon");
}
