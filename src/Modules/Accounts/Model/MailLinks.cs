using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;
using Stipend.Platform.Security;

namespace Stipend.Accounts.Model;

/// <summary>
/// Links mailed to a person: random, kept as a hash, good for one use within twenty minutes. Opening one only shows a button, so that
/// programs which follow links in mails use nothing up.
/// </summary>
internal sealed class MailLinks(Db db, Ids ids, Clock clock, Outbox outbox, SiteOptions site)
{
    /// <summary>Stands for an address nobody has: the same rows are written and the mail finds no addressee.</summary>
    public const long Nobody = 0;

    public static Duration Lifetime { get; } = Duration.FromMinutes(20);

    /// <summary>What a link is made for. <see cref="Browser"/> is the name of the browser that asked.</summary>
    public sealed record Order(long PersonId, LinkPurpose Purpose, string Browser, string ReturnTo)
    {
        public string? Name { get; init; }
        public string? PasswordHash { get; init; }
        public byte[]? EmailCipher { get; init; }
        public string? EmailIndex { get; init; }
    }

    /// <summary>Makes a link and publishes the mail that carries it, in the current transaction.</summary>
    /// <param name="order">What for.</param>
    /// <param name="subject">The mail's subject.</param>
    /// <param name="text">The mail's text; {link} becomes the link.</param>
    public void Send(Order order, string subject, string text)
    {
        var token = Secret.Make();
        var now = clock.Now();
        var link = new MailLink
        {
            Id = ids.Next(), TokenHash = Secret.Hash(token), PersonId = order.PersonId, Purpose = order.Purpose,
                BrowserHash = Secret.Hash(order.Browser),
            ReturnTo = order.ReturnTo, Name = order.Name, PasswordHash = order.PasswordHash, EmailCipher = order.EmailCipher,
                EmailIndex = order.EmailIndex,
            CreatedAt = now, ExpiresAt = now + Lifetime,
        };
        db.MailLinks.Add(link);
        var addressee = order.Purpose == LinkPurpose.NewAddress ? link.Id : order.PersonId;
        outbox.Publish(new SendMail(addressee, subject,
            text.Replace("{link}", site.Link(Path(order.Purpose) + token), StringComparison.Ordinal), Kind(order.Purpose)));
    }

    /// <summary>A link that could be used now, without using it.</summary>
    public Task<MailLink?> Look(string token, CancellationToken ct)
    {
        var (hash, now) = (Secret.Hash(token), clock.Now());
        return db.MailLinks.AsNoTracking().SingleOrDefaultAsync(l => l.TokenHash == hash && l.UsedAt == null && l.ExpiresAt > now, ct);
    }

    /// <summary>Uses a link up, in the current transaction. Of two at once one gets it.</summary>
    /// <exception cref="Refusal">link_used: unknown, used or too old.</exception>
    public async Task<MailLink> Take(string token, CancellationToken ct)
    {
        var link = await Look(token, ct);
        var now = clock.Now();
        if (link is null
            || await db.Execute("UPDATE mail_link SET used_at = @now WHERE id = @id AND used_at IS NULL", ct, ("now", now),
            ("id", link.Id)) == 0)
            throw Gone();
        return link;
    }

    public static Refusal Gone() =>
        new(410, "link_used", "This link was used already or is too old. Ask for a new one on the sign-in page.");

    private static string Path(LinkPurpose purpose) => purpose == LinkPurpose.NewAddress ? "/account/email/" : "/sign-in/link/";
    private static string Kind(LinkPurpose purpose) => Columns.Of(purpose);
}
