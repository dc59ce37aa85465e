using Microsoft.Extensions.Logging;
using Stipend.Platform.Messaging;

namespace Stipend.Platform.Mail;

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
        await leaves.Carry(new OutgoingMail(context.Id, message.PersonId, MailText.OneLine(message.Kind, 40),
            to with { Name = MailText.OneLine(to.Name, 100) },
            MailText.OneLine(message.Subject, 200), text, MailBody.Html(text), clock.Now()), ct);
    }
}
