using MimeKit;

namespace Stipend.Platform.Mail;

/// <summary>The mail server, under <c>Stipend:Mail</c>. Without a host, mails go to the mailbox at /dev/mailbox.</summary>
public sealed record MailOptions
{
    /// <summary>Name of the SMTP server; null: no mail leaves the site.</summary>
    public string? Host { get; init; }

    /// <summary>Port of the SMTP server; 587 and 25 are usual. The port for TLS from the first byte (465) is not supported: use
    /// STARTTLS.</summary>
    public int Port { get; init; } = 587;

    public string? Username { get; init; }
    public string? Password { get; init; }

    /// <summary>Encrypt by STARTTLS and refuse to send without. Off only for a server on this machine.</summary>
    public bool StartTls { get; init; } = true;

    /// <summary>The address mails come from, alone or as <c>Name &lt;address&gt;</c>; null: stipend@ and the host of the site's public address.</summary>
    public string? From { get; init; }

    /// <summary>The address in <see cref="From"/>, as the mail library reads it; null when there is none.</summary>
    internal string? FromAddress =>
        From is { Length: > 0 } from && MailboxAddress.TryParse(from, out var mailbox) && mailbox.Address.Contains('@') ? mailbox.Address : null;

    public bool IsConfigured => !string.IsNullOrWhiteSpace(Host);

    /// <summary>What is wrong with these settings and how to mend it; null when they can work.</summary>
    public string? Fault() => this switch
    {
        { IsConfigured: false } => null,
        { Port: < 1 or > 65535 } => "Stipend:Mail:Port must be from 1 to 65535; 587 is usual.",
        { Port: 465, StartTls: true } =>
            "Stipend:Mail:Port 465 is for TLS from the first byte, which is not supported. Use your mail server's STARTTLS port, usually 587.",
        { From.Length: > 0, FromAddress: null } =>
            "Stipend:Mail:From is not a mail address.",
        { Username: { Length: > 0 }, Password: null or "" } => "Stipend:Mail:Username is set without Stipend:Mail:Password.",
        _ => null,
    };
}
