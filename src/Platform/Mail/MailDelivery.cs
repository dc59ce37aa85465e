using Microsoft.Extensions.Logging;
using Stipend.Platform.Messaging;

namespace Stipend.Platform.Mail;

/// <summary>A mail ready to leave: addressed, drawn, and free of line breaks where headers would begin.</summary>
internal sealed record OutgoingMail(long Id, long PersonId, string Kind, MailAddressee To, string Subject, string Text, string Html,
    Instant At);

/// <summary>Takes a mail out of the site. Throws when it could not; the message's backoff tries again.</summary>
internal interface IMailCarrier
{
    Task Carry(OutgoingMail mail, CancellationToken ct);
}

/// <summary>
/// Sends what other modules published. The address is looked up now, so that a closed account hears nothing more. Mails of a sandbox book
/// never leave
/// the site: a creator who pretends a month with imported members must not write to them.
/// </summary>
internal sealed class MailDelivery(IAddressBook addresses, IMailCarrier carrier, Mailbox mailbox, Clock clock,
    ILogger<MailDelivery> log) : IPerform<SendMail>
{
    public async Task Perform(SendMail message, MessageContext context, CancellationToken ct)
    {
        if (await addresses.Find(message.PersonId, ct) is not { } to)
        {
            log.LogInformation("Mail {Id} of kind {Kind} has no address to go to", context.Id, message.Kind);
            return;
        }
        var text = message.Text.ReplaceLineEndings("\n");
        var leaves = context.BookId == Book.Live ? carrier : mailbox;
        await leaves.Carry(new OutgoingMail(context.Id, message.PersonId, OneLine(message.Kind, 40),
            to with { Name = OneLine(to.Name, 100) },
            OneLine(message.Subject, 200), text, MailBody.Html(text), clock.Now()), ct);
    }

    /// <summary>Text for a header: no control characters, so that nothing can start a header of its own.</summary>
    internal static string OneLine(string text, int maxLength)
    {
        var line = string.Join(' ',
            new string(Array.ConvertAll(text.ToCharArray(), c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (line.Length <= maxLength) return line;
        return line[..(char.IsHighSurrogate(line[maxLength - 1]) ? maxLength - 1 : maxLength)];
    }
}
