namespace Stipend.Platform.Mail;

/// <summary>
/// A mail to a person, published through the outbox in the transaction of the fact it tells, so that each fact is told exactly once.
/// The address is looked up when it is sent, so the queue holds none. <see cref="Text"/> is plain text; a line that is only a link becomes
/// a button in the HTML part.
/// </summary>
/// <param name="Kind">What it is about, for preferences and the mailbox: “sign_in”, “receipt”, “declined”, “invitation” …</param>
public sealed record SendMail(long PersonId, string Subject, string Text, string Kind);

/// <summary>Where a person's mail goes; implemented by Accounts. Null: closed account or no address, nothing is sent.</summary>
public interface IAddressBook
{
    Task<MailAddressee?> Find(long personId, CancellationToken ct);
}

/// <summary>A name and address to send to.</summary>
public sealed record MailAddressee(string Name, string Address);
