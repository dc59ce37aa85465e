using Stipend.Mailings.Model;
using Stipend.Mailings.Sending;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;

namespace Stipend.Mailings.Watching;

/// <summary>A mailing as its creator watches it.</summary>
public sealed record MailingRow(long PostId, string Title, bool IsStopped, Instant CreatedAt, bool IsTroubled, MailCounts Counts);

/// <summary>Reads a campaign's mailings, and stops them or lets them go on: each by its campaign, so that only who has that can.</summary>
internal sealed class MailingDesk(Db db, Clock clock, WakeUp<Mailer> wakeUp)
{
    internal const int PageSize = 20;

    /// <summary>Newest first.</summary>
    public async Task<List<MailingRow>> Of(long campaignId, PageKey before, CancellationToken ct) => await Read($"""
        campaign_id = @campaign AND (created_at, post_id) < (@at, @id) ORDER BY created_at DESC, post_id DESC LIMIT {PageSize + 1}
        """, ct, ("campaign", campaignId), ("at", before.At), ("id", before.Id));

    public async Task<MailingRow?> Find(long campaignId, long postId, CancellationToken ct) =>
        (await Read("campaign_id = @campaign AND post_id = @post", ct, ("campaign", campaignId), ("post", postId))).SingleOrDefault();

    /// <summary>Nothing more leaves until it goes on.</summary>
    public Task Stop(long campaignId, long postId, CancellationToken ct) => db.Execute(
        "UPDATE mailing SET is_stopped = @yes WHERE campaign_id = @campaign AND post_id = @post", ct, ("yes", true), ("campaign", campaignId),
        ("post", postId));

    public async Task GoOn(long campaignId, long postId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute("UPDATE mailing SET is_stopped = @no, due_at = @now WHERE campaign_id = @campaign AND post_id = @post", ct, ("no", false),
            ("now", clock.Now()), ("campaign", campaignId), ("post", postId));
        db.AfterCommit(wakeUp.Signal);
        await transaction.Commit(ct);
    }

    /// <summary>Sends the mails of which nobody knows whether they arrived once more, under the names they had.</summary>
    public async Task SendUnknownAgain(long campaignId, long postId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        if (await db.Execute("UPDATE mailing SET due_at = @now WHERE campaign_id = @campaign AND post_id = @post", ct, ("now", clock.Now()),
            ("campaign", campaignId), ("post", postId)) == 0) throw Refusal.NotFound("mailing");
        await db.Execute("UPDATE mailing_recipient SET state = 'waiting', due_at = @now, changed_at = @now WHERE post_id = @post AND state = 'unknown'", ct,
            ("now", clock.Now()), ("post", postId));
        db.AfterCommit(wakeUp.Signal);
        await transaction.Commit(ct);
    }

    private async Task<List<MailingRow>> Read(string where, CancellationToken ct, params (string, object?)[] parameters)
    {
        var rows = new List<MailingRow>();
        await using (var command = await db.Command($"""
            SELECT post_id, title, is_stopped, created_at, troubles, pruned_sent, pruned_refused, pruned_left_out FROM mailing WHERE {where}
            """, ct, parameters))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                rows.Add(new MailingRow(reader.GetInt64(0), reader.GetString(1), reader.GetBoolean(2), Instant.FromUnixTimeMilliseconds(reader.GetInt64(3)),
                    reader.GetInt64(4) > 0, MailCounts.None with
                    {
                        Sent = (int)reader.GetInt64(5), Refused = (int)reader.GetInt64(6), LeftOut = (int)reader.GetInt64(7),
                    }));
        }
        if (rows.Count == 0) return rows;
        var counts = rows.ToDictionary(r => r.PostId, _ => new Dictionary<RecipientState, int>());
        await using var counted = await db.Command($"""
            SELECT post_id, state, COUNT(*) FROM mailing_recipient WHERE post_id IN ({SqlList.Of(counts.Keys)}) GROUP BY post_id, state
            """, ct);
        await using (var reader = await counted.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct)) counts[reader.GetInt64(0)][Columns.Enum<RecipientState>(reader.GetString(1))] = (int)reader.GetInt64(2);
        }
        return rows.ConvertAll(r => r with { Counts = Sum(r.Counts, counts[r.PostId]) });
    }

    /// <summary>What was forgotten and what is still there.</summary>
    private static MailCounts Sum(MailCounts pruned, Dictionary<RecipientState, int> of) => new(of.GetValueOrDefault(RecipientState.Waiting),
        of.GetValueOrDefault(RecipientState.Sending), pruned.Sent + of.GetValueOrDefault(RecipientState.Sent),
        pruned.Refused + of.GetValueOrDefault(RecipientState.Refused), of.GetValueOrDefault(RecipientState.Unknown),
        pruned.LeftOut + of.GetValueOrDefault(RecipientState.LeftOut));
}
