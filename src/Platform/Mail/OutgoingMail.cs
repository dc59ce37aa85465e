namespace Stipend.Platform.Mail;

/// <summary>A mail ready to leave: addressed, drawn, and free of line breaks where headers would begin.</summary>
/// <param name="Id">The same at every attempt; the mailbox keeps one mail per id.</param>
public sealed record OutgoingMail(long Id, long PersonId, string Kind, MailAddressee To, string Subject, string Text, string Html, Instant At)
{
    /// <summary>The part of the Message-ID before the host; null: the id. The same at every attempt, so that a mail taken twice is seen as one.</summary>
    public string? MessageName { get; init; }

    /// <summary>Whom it comes from, beside the site's address; null: the site.</summary>
    public string? FromName { get; init; }

    /// <summary>Where a server farther on sends it back to when it cannot be delivered; null: to whom it comes from.</summary>
    public string? ReturnPath { get; init; }

    /// <summary>More headers, such as List-Unsubscribe.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];
}

/// <summary>Takes a mail out of the site. Throws when it could not; the message's backoff tries again.</summary>
internal interface IMailCarrier
{
    Task Carry(OutgoingMail mail, CancellationToken ct);
}
