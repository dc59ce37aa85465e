using System.Data.Common;
using Stipend.Platform.Data;

namespace Stipend.Platform.Mail;

/// <summary>A mail as it would have left the site.</summary>
public sealed record CapturedMail(long Id, long PersonId, string Kind, string Name, string Address, string Subject, string Text,
    string Html, Instant SentAt)
{
    /// <summary>The first link that stands on a line of its own: what the mail's button opens. Null when there is none.</summary>
    public string? Link => MailBody.Links(Text).FirstOrDefault();
}

/// <summary>Where mails go when no mail server is configured: a table the operator reads at /dev/mailbox, newest 500 kept. Mails about posts are counted
/// by themselves: one post to a thousand people must not push out the mail somebody signs in with.</summary>
public sealed class Mailbox(Db db) : IMailCarrier
{
    /// <summary>How many mails are kept.</summary>
    public const int Kept = 500;

    /// <summary>The kind of mails about posts.</summary>
    public const string PostKind = "post";

    private const string Columns = "id, person_id, kind, name, address, subject, body_text, body_html, sent_at";

    /// <summary>Mails, newest first.</summary>
    /// <param name="personId">Only this person's, or null for everybody's.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="before">Only what came before this one.</param>
    /// <param name="ct">Stops the reading.</param>
    public async Task<IReadOnlyList<CapturedMail>> List(long? personId = null, int limit = Kept, long before = long.MaxValue, CancellationToken ct = default)
    {
        await using var command = await db.Command($"""
            SELECT {Columns} FROM captured_mail WHERE id < @before {(personId is null ? "" : "AND person_id = @person")} ORDER BY id DESC LIMIT @limit
            """, ct, ("person", personId), ("limit", (long)limit), ("before", before));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var mails = new List<CapturedMail>();
        while (await reader.ReadAsync(ct)) mails.Add(Read(reader));
        return mails;
    }

    /// <summary>One mail, or null.</summary>
    public async Task<CapturedMail?> Find(long id, CancellationToken ct = default)
    {
        await using var command = await db.Command($"SELECT {Columns} FROM captured_mail WHERE id = @id", ct, ("id", id));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader) : null;
    }

    Task IMailCarrier.Carry(OutgoingMail mail, CancellationToken ct) => Keep(mail, ct);

    /// <summary>Keeps a mail, one per id.</summary>
    internal async Task Keep(OutgoingMail mail, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute($"""
            INSERT INTO captured_mail ({Columns}) VALUES (@id, @person, @kind, @name, @address, @subject, @text, @html, @at) ON CONFLICT DO NOTHING
            """, ct, ("id", mail.Id), ("person", mail.PersonId), ("kind", mail.Kind), ("name", mail.To.Name), ("address", mail.To.Address),
            ("subject", mail.Subject), ("text", mail.Text), ("html", mail.Html), ("at", mail.At));
        var alike = mail.Kind == PostKind ? "kind = @kind" : "kind <> @kind";
        await db.Execute($"""
            DELETE FROM captured_mail WHERE {alike}
              AND id <= (SELECT id FROM captured_mail WHERE {alike} ORDER BY id DESC LIMIT 1 OFFSET {Kept})
            """, ct, ("kind", PostKind));
        await transaction.Commit(ct);
    }

    private static CapturedMail Read(DbDataReader row) =>
        new(row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetString(4),
        row.GetString(5), row.GetString(6), row.GetString(7), Instant.FromUnixTimeMilliseconds(row.GetInt64(8)));
}
