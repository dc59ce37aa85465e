using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Mailings.Choosing;

/// <summary>Who does not want posts by mail: those of a campaign, or any.</summary>
internal sealed class MailChoices(Db db, Clock clock)
{
    /// <summary>Stands for every campaign.</summary>
    public const long All = 0;

    /// <summary>Those of some people who do not want a campaign's posts.</summary>
    public async Task<HashSet<long>> OffAmong(IReadOnlyCollection<long> personIds, long campaignId, CancellationToken ct)
    {
        var off = new HashSet<long>();
        if (personIds.Count == 0) return off;
        await using var command = await db.Command(
            $"SELECT person_id FROM mail_off WHERE person_id IN ({SqlList.Of(personIds)}) AND campaign_id IN ({All}, @campaign)", ct,
            ("campaign", campaignId));
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
        foreach (var table in (string[])["mailing_recipient", "mail_off", "mail_bounce"])
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
        await using (var command = await db.Command("""
            SELECT m.title, r.state, r.changed_at FROM mailing_recipient r JOIN mailing m ON m.post_id = r.post_id
            WHERE r.person_id = @person ORDER BY r.id
            """, ct, ("person", personId)))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                mails.Add(new { Title = reader.GetString(0), State = reader.GetString(1), At = Instant.FromUnixTimeMilliseconds(reader.GetInt64(2)) });
        }
        return new { Unwanted = off, Mails = mails, RefusedAddress = await Refused(personId, ct) };
    }

    /// <summary>The address itself is not kept: only that one was refused, and how.</summary>
    private async Task<object?> Refused(long personId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT answer, since FROM mail_bounce WHERE person_id = @person", ct, ("person", personId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new { Answer = reader.GetString(0), Since = Instant.FromUnixTimeMilliseconds(reader.GetInt64(1)) } : null;
    }
}
