using Stipend.Platform.Mail;

namespace Stipend.Mailings.Model;

/// <summary>
/// Where one mail to one person is. <see cref="Sending"/>: its handing over has begun. <see cref="Unknown"/>: it had begun when the process died or
/// the line broke, so that the mail server may have it or not. <see cref="LeftOut"/>: not sent, for a reason of ours.
/// </summary>
internal enum RecipientState { Waiting, Sending, Sent, Refused, Unknown, LeftOut }

/// <summary>Why somebody is left out, or was refused for good.</summary>
internal enum LeftOutReason { Closed, Unwanted, NoAddress, Bouncing, Withdrawn }

/// <summary>A mailing this process is at. The token tells this lease from every other.</summary>
internal sealed record Turn(long PostId, long BookId, long CampaignId, int Troubles, long Token);

/// <summary>How a turn ended. <see cref="Postponed"/>: nothing may leave at present. <see cref="Troubled"/>: something broke; longer waits each time.</summary>
internal enum TurnEnd { Done, Postponed, Troubled }

/// <summary>One mail to one person, ready but for its parts that are alike for all.</summary>
internal sealed record Letter(long Id, long PersonId, int Attempts, MailAddressee To)
{
    /// <summary>What its few fixed words are written in; null: English.</summary>
    public string? Language { get; init; }
}

/// <summary>What became of a letter.</summary>
internal sealed record Posted(Letter Letter, MailAnswer Answer);

/// <summary>How many of a post's mails are where.</summary>
public sealed record MailCounts(int Waiting, int Sending, int Sent, int Refused, int Unknown, int LeftOut)
{
    public static MailCounts None { get; } = new(0, 0, 0, 0, 0, 0);

    /// <summary>Those who were to get it: all but the left out.</summary>
    public int All => Waiting + Sending + Sent + Refused + Unknown;
    public int Done => Sent + Refused + Unknown;
}
