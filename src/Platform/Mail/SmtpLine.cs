using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Stipend.Platform.Http;

namespace Stipend.Platform.Mail;

/// <summary>
/// A connection to the configured SMTP server, opened with the first mail and kept for the next. What it answers tells apart what failed from what is
/// not known: once the server has accepted the recipient and the text is under way, a broken line proves nothing.
/// </summary>
internal sealed partial class SmtpLine(MailOptions options, SiteOptions site) : IMailLine
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly Connection _connection = new() { CheckCertificateRevocation = false, Timeout = (int)s_patience.TotalMilliseconds };

    public async Task<MailAnswer> Send(OutgoingMail mail)
    {
        MailboxAddress to;
        MailboxAddress from;
        MimeMessage message;
        try
        {
            to = new MailboxAddress(Encoding.UTF8, mail.To.Name, mail.To.Address);
        }
        catch (ParseException)
        {
            // Such addresses exist ("a.@b.example"), but no letter can be written to them: their owner is told.
            return new MailAnswer(MailFate.NoSuchAddress, "This address is not written as mail servers want it.");
        }
        try
        {
            message = Compose(mail, to);
            from = mail.ReturnPath is { } path ? new MailboxAddress("", path) : message.From.Mailboxes.Single();
        }
        catch (Exception error) // of an address: the site's own; else something in this mail that cannot be written
        {
            return new MailAnswer(error is ParseException ? MailFate.Unreachable : MailFate.Refused, error.GetType().Name);
        }
        using (message) return await Send(message, from, to);
    }

    private async Task<MailAnswer> Send(MimeMessage message, MailboxAddress from, MailboxAddress to)
    {
        var wasOpen = _connection.IsConnected;
        var answer = await Try(message, from, to);
        // A server may hang up on an idle line; that says nothing about the mail.
        return wasOpen && answer.Fate == MailFate.Unreachable ? await Try(message, from, to) : answer;
    }

    private async Task<MailAnswer> Try(MimeMessage message, MailboxAddress from, MailboxAddress to)
    {
        using var patience = new CancellationTokenSource(s_patience);
        _connection.IsUnderWay = false;
        if (!_connection.IsConnected && await Connect(patience.Token) is { } trouble) return trouble;
        try
        {
            await _connection.SendAsync(message, from, [to], patience.Token);
            return new MailAnswer(MailFate.Taken);
        }
        catch (SmtpCommandException error)
        {
            if (error.StatusCode == SmtpStatusCode.ServiceNotAvailable) await HangUp();
            return new MailAnswer(FateOf(error), Words($"{(int)error.StatusCode} {error.Message}"));
        }
        catch (Exception error) when (error is FormatException or NotSupportedException)
        {
            return new MailAnswer(MailFate.Refused, Words(error.Message)); // an address or a text this server has no way to be given
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ProtocolException
            or AuthenticationException or ServiceNotConnectedException or ServiceNotAuthenticatedException or SslHandshakeException)
        {
            await HangUp();
            return new MailAnswer(_connection.IsUnderWay ? MailFate.Unknown : MailFate.Unreachable, error.GetType().Name);
        }
    }

    /// <summary>Opens the connection; answers what is wrong, or null.</summary>
    private async Task<MailAnswer?> Connect(CancellationToken ct)
    {
        try
        {
            await _connection.ConnectAsync(options.Host!, options.Port, options.StartTls ? SecureSocketOptions.StartTls : SecureSocketOptions.None, ct);
            if (options.Username is { Length: > 0 } user) await _connection.AuthenticateAsync(user, options.Password ?? "", ct);
            return null;
        }
        catch (Exception error) // no letter was named yet: whatever it is, it is the site's trouble and nobody's refusal
        {
            await HangUp();
            return new MailAnswer(MailFate.Unreachable,
                error is SmtpCommandException said ? Words($"{(int)said.StatusCode} {said.Message}") : error.GetType().Name);
        }
    }

    private static MailFate FateOf(SmtpCommandException error) => (error.ErrorCode, (int)error.StatusCode) switch
    {
        (SmtpErrorCode.SenderNotAccepted, _) or (_, 421) or (_, 454) or (_, 530) or (_, 535) => MailFate.Unreachable, // the site's trouble, not this mail's
        (SmtpErrorCode.RecipientNotAccepted, >= 500) => IsNoAddress((int)error.StatusCode, error.Message) ? MailFate.NoSuchAddress : MailFate.Refused,
        (_, >= 500) => MailFate.Refused,
        _ => MailFate.Later,
    };

    /// <summary>
    /// Whether a refusal speaks of the address itself. A relay refuses recipients for reasons of its own too (policy, quota, a full mailbox): those
    /// must not mark the addresses of everybody as dead. An enhanced code says which it is; without one the words must do.
    /// </summary>
    private static bool IsNoAddress(int status, string words) =>
        EnhancedStatus.IsNoAddress(words) ?? (status is 550 or 551 or 553 && !SpeaksOfPolicy().IsMatch(words));

    [GeneratedRegex("relay|polic|spam|block|blacklist|denied|permit|allow|prohibit|quota|full|storage|authenticat|reputation|sender|limit",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SpeaksOfPolicy();

    private async Task HangUp()
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await _connection.DisconnectAsync(quit: false, patience.Token);
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ProtocolException)
        {
            // it is gone already
        }
    }

    private MimeMessage Compose(OutgoingMail mail, MailboxAddress to)
    {
        var host = new Uri(site.Link("/")).Host;
        var message = new MimeMessage
        {
            Subject = mail.Subject,
            MessageId = $"{mail.MessageName ?? $"{mail.Id}"}@{host}",
            Body = new BodyBuilder { TextBody = mail.Text, HtmlBody = mail.Html }.ToMessageBody(),
        };
        message.Date = message.Date.ToUniversalTime(); // the real time, whatever a test's clock says
        message.From.Add(new MailboxAddress(Encoding.UTF8, MailText.OneLine(mail.FromName ?? site.Name, 100),
            options.FromAddress ?? $"stipend@{host}"));
        message.To.Add(to);
        message.Headers.Add("Auto-Submitted", "auto-generated");
        foreach (var (name, value) in mail.Headers) message.Headers.Add(name, MailText.OneLine(value, 2_000));
        return message;
    }

    private static string Words(string words) => MailText.OneLine(words, 300);

    public async ValueTask DisposeAsync()
    {
        if (_connection.IsConnected)
        {
            try
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
                await _connection.DisconnectAsync(quit: true, patience.Token);
            }
            catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ProtocolException or SmtpCommandException)
            {
                // a goodbye nobody hears
            }
        }
        _connection.Dispose();
    }

    private sealed class Connection : SmtpClient
    {
        /// <summary>The server has accepted the recipient: from here on it may have the mail.</summary>
        public bool IsUnderWay { get; set; }

        protected override void OnRecipientAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response)
        {
            IsUnderWay = true;
            base.OnRecipientAccepted(message, mailbox, response);
        }
    }
}
