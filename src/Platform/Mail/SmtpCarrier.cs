using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Stipend.Platform.Http;

namespace Stipend.Platform.Mail;

/// <summary>Sends through the configured SMTP server, one connection per mail. The Date header is the client's: always the real
/// time.</summary>
internal sealed class SmtpCarrier(MailOptions options, SiteOptions site) : IMailCarrier
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    public async Task Carry(OutgoingMail mail, CancellationToken ct)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(s_timeout);
        using var client = new SmtpClient(options.Host!, options.Port) { EnableSsl = options.StartTls };
        if (options.Username is { Length: > 0 } user) client.Credentials = new NetworkCredential(user, options.Password);
        using var message = Compose(mail);
        try
        {
            await client.SendMailAsync(message, timeout.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException($"The mail server {options.Host}:{options.Port} did not take the mail within {s_timeout.TotalSeconds:N0} seconds.");
        }
    }

    private MailMessage Compose(OutgoingMail mail)
    {
        var host = new Uri(site.Link("/")).Host;
        var message = new MailMessage
        {
            From = new MailAddress(options.From is { Length: > 0 } from ? from : $"stipend@{host}", MailDelivery.OneLine(site.Name, 100),
                Encoding.UTF8),
            Subject = mail.Subject,
            SubjectEncoding = Encoding.UTF8,
            Body = mail.Text,
            BodyEncoding = Encoding.UTF8,
            BodyTransferEncoding = TransferEncoding.QuotedPrintable,
        };
        message.To.Add(new MailAddress(mail.To.Address, mail.To.Name, Encoding.UTF8));
        message.Headers.Add("Message-ID", $"<{mail.Id}@{host}>"); // the same at every attempt, so that a mail taken twice is seen as one
        message.Headers.Add("Auto-Submitted", "auto-generated");
        var html = AlternateView.CreateAlternateViewFromString(mail.Html, Encoding.UTF8, MediaTypeNames.Text.Html);
        html.TransferEncoding = TransferEncoding.QuotedPrintable;
        message.AlternateViews.Add(html);
        return message;
    }
}
