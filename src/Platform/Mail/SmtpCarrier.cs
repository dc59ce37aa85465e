using Stipend.Platform.Http;

namespace Stipend.Platform.Mail;

/// <summary>Sends a single mail through the configured SMTP server, over a connection of its own.</summary>
internal sealed class SmtpCarrier(MailOptions options, SiteOptions site) : IMailCarrier
{
    public async Task Carry(OutgoingMail mail, CancellationToken ct)
    {
        await using var line = new SmtpLine(options, site);
        // Its words may name the address, and an error is written to the log: the number says enough.
        if (await line.Send(mail) is { Fate: not MailFate.Taken } answer)
            throw new IOException($"The mail server {options.Host}:{options.Port} did not take the mail ({answer.Fate}, {answer.Code}).");
    }
}
