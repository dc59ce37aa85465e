using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Http;

namespace Stipend.Platform.Mail;

/// <summary>
/// What became of a mail that was handed over. <see cref="Taken"/>: the server has it and answers for it. <see cref="NoSuchAddress"/>: it refuses this
/// address for good. <see cref="Refused"/>: it refuses this mail for good, whoever it is for. <see cref="Later"/>: not now. <see cref="Unreachable"/>:
/// nothing was handed over, and the next mail would fare the same. <see cref="Unknown"/>: it was handed over and no answer came; the server may have it.
/// </summary>
public enum MailFate { Taken, NoSuchAddress, Refused, Later, Unreachable, Unknown }

/// <summary>The fate of a mail, and the server's words where it said some. They may name the address: they are for its owner alone.</summary>
public sealed record MailAnswer(MailFate Fate, string? Words = null)
{
    /// <summary>The number the server answered with, or what kind of error it was: fit for a log, where nobody's address belongs.</summary>
    public string Code => Words?.Split(' ')[0] ?? "";
}

/// <summary>A way out of the site, held open for many mails. One mail at a time.</summary>
public interface IMailLine : IAsyncDisposable
{
    /// <summary>Hands a mail over. Never throws for what a server or a network may do.</summary>
    Task<MailAnswer> Send(OutgoingMail mail);
}

/// <summary>Opens ways out of the site, as single mails go: to the mail server, or to the mailbox while there is none and for sandboxes.</summary>
public class MailLines(MailOptions options, SiteOptions site, IServiceScopeFactory scopes)
{
    public virtual IMailLine Open(long bookId) => bookId == Book.Live && options.IsConfigured ? new SmtpLine(options, site) : new MailboxLine(scopes);

    /// <summary>Into the table behind /dev/mailbox.</summary>
    private sealed class MailboxLine(IServiceScopeFactory scopes) : IMailLine
    {
        public async Task<MailAnswer> Send(OutgoingMail mail)
        {
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<Mailbox>().Keep(mail, CancellationToken.None);
            return new MailAnswer(MailFate.Taken);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
