namespace Stipend.Entitlements.Contracts;

/// <summary>A decision in plain words, English, for the localizer and for commands.</summary>
public static class ReasonWords
{
    public static string Words(this AccessReason reason) => reason switch
    {
        AccessReason.Public => "Open to everyone.",
        AccessReason.Owner => "Open: it is your own page.",
        AccessReason.Member => "Open: a member.",
        AccessReason.Tier => "Open: this tier is held.",
        AccessReason.SignInNeeded => "Closed: sign in first.",
        AccessReason.NotAMember => "Closed: not a member.",
        AccessReason.PaidTierNeeded => "Closed: for paying members; the free level does not open it.",
        AccessReason.Backlog => "Closed: it came out before what this tier opens.",
        AccessReason.OtherTierNeeded => "Closed: another tier opens it.",
        _ => "Closed: it was open, and has ended.",
    };
}
