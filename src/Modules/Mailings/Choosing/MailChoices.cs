using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Mailings.Choosing;

/// <summary>Why a post comes by mail: it is new, or a later step of its release opened it to somebody.</summary>
public enum MailKind { New, Opened }

/// <summary>Who does not want posts by mail: those of a campaign, of a kind, or any.</summary>
internal sealed class MailChoices(Db db, Clock clock)
{
    /// <summary>Stands for every campaign.</summary>
    public const long All = 0;

    /// <summary>In SQL: this person does not want this kind of mail from @campaign.</summary>
    public static string Unwanted(string person, string kind) => $"""
        (EXISTS (SELECT 1 FROM mail_off o WHERE o.person_id = {person} AND o.campaign_id IN ({All}, @campaign))
          OR EXISTS (SELECT 1 FROM mail_kind_off k WHERE k.person_id = {person} AND k.kind = {kind}))
        """;

    /// <summary>Those of a mailing's recipients who do not want it.</summary>
    public async Task<HashSet<long>> OffAmong(long postId, IReadOnlyCollection<long> personIds, long campaignId, CancellationToken ct)
    {
        var off = new HashSet<long>();
        if (personIds.Count == 0) return off;
        await using var command = await db.Command($"""
            SELECT r.person_id FROM mailing_recipient r
            WHERE r.post_id = @post AND {db.Among("r.person_id")} AND {Unwanted("r.person_id", "r.kind")}
            """, ct, ("post", postId), ("campaign", campaignId), db.Keys(personIds));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) off.Add(reader.GetInt64(0));
        return off;
    }

    /// <summary>What a person does not want: campaigns, or <see cref="All"/>.</summary>
    public async Task<HashSet<long>> OffOf(long personId, CancellationToken ct)
    {
        var off = new HashSet<long>();
        await using var command = await db.Command("SELECT campaign_id FROM mail_off WHERE person_id = @person", ct, ("person", personId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) off.Add(reader.GetInt64(0));
        return off;
    }

    /// <summary>The kinds a person does not want.</summary>
    public async Task<HashSet<MailKind>> KindsOffOf(long personId, CancellationToken ct)
    {
        var off = new HashSet<MailKind>();
        await using var command = await db.Command("SELECT kind FROM mail_kind_off WHERE person_id = @person", ct, ("person", personId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) off.Add(Columns.Enum<MailKind>(reader.GetString(0)));
        return off;
    }

    /// <summary>Turns the mails of a kind off or on; doing it twice changes nothing.</summary>
    public Task Set(long personId, MailKind kind, bool wanted, CancellationToken ct) => wanted
        ? db.Execute("DELETE FROM mail_kind_off WHERE person_id = @person AND kind = @kind", ct, ("person", personId), ("kind", Columns.Of(kind)))
        : db.Execute("INSERT INTO mail_kind_off (person_id, kind, since) VALUES (@person, @kind, @now) ON CONFLICT DO NOTHING", ct,
            ("person", personId), ("kind", Columns.Of(kind)), ("now", clock.Now()));

    /// <summary>Turns the mails of a campaign (or <see cref="All"/>) off or on; doing it twice changes nothing.</summary>
    public Task Set(long personId, long campaignId, bool wanted, CancellationToken ct) => wanted
        ? db.Execute("DELETE FROM mail_off WHERE person_id = @person AND campaign_id = @campaign", ct, ("person", personId), ("campaign", campaignId))
        : db.Execute("INSERT INTO mail_off (person_id, campaign_id, since) VALUES (@person, @campaign, @now) ON CONFLICT DO NOTHING", ct,
            ("person", personId), ("campaign", campaignId), ("now", clock.Now()));
}

/// <summary>A closed account is mailed nothing more, and what it wanted is nobody's concern.</summary>
internal sealed class ForgetsPeople(Db db) : IHandle<AccountClosed>
{
    public async Task Handle(AccountClosed message, MessageContext context, CancellationToken ct)
    {
        foreach (var table in (string[])["mailing_recipient", "mail_off", "mail_kind_off", "mail_bounce"])
            await db.Execute($"DELETE FROM {table} WHERE person_id = @person", ct, ("person", message.PersonId));
    }
}

/// <summary>A person's choices, the mails about posts they were sent, and that their address was refused, in what they may take away about
/// themselves.</summary>
internal sealed class ExportsMailings(Db db) : IExportsPersonalData
{
    public string Section => "post_mails";

    public async Task<object> Export(long personId, CancellationToken ct)
    {
        var (off, mails) = (new List<object>(), new List<object>());
        await using (var command = await db.Command("SELECT campaign_id, since FROM mail_off WHERE person_id = @person ORDER BY campaign_id", ct,
            ("person", personId)))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                off.Add(new { CampaignId = reader.GetInt64(0), Since = Instant.FromUnixTimeMilliseconds(reader.GetInt64(1)) });
        }
        var kinds = new List<object>();
        await using (var command = await db.Command("SELECT kind, since FROM mail_kind_off WHERE person_id = @person ORDER BY kind", ct, ("person", personId)))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct)) kinds.Add(new { Kind = reader.GetString(0), Since = Instant.FromUnixTimeMilliseconds(reader.GetInt64(1)) });
        }
        await using (var command = await db.Command("""
            SELECT m.title, r.state, r.changed_at FROM mailing_recipient r JOIN mailing m ON m.post_id = r.post_id
            WHERE r.person_id = @person ORDER BY r.id
            """, ct, ("person", personId)))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                mails.Add(new { Title = reader.GetString(0), State = reader.GetString(1), At = Instant.FromUnixTimeMilliseconds(reader.GetInt64(2)) });
        }
        return new { Unwanted = off, UnwantedKinds = kinds, Mails = mails, RefusedAddress = await Refused(personId, ct) };
    }

    /// <summary>The address itself is not kept: only that one was refused, and how.</summary>
    private async Task<object?> Refused(long personId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT answer, since FROM mail_bounce WHERE person_id = @person", ct, ("person", personId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new { Answer = reader.GetString(0), Since = Instant.FromUnixTimeMilliseconds(reader.GetInt64(1)) } : null;
    }
}
