using System.Text.Json;
using Stipend.Ledger.Contracts;
using Stipend.Ledger.Model;
using Stipend.Platform.Data;

namespace Stipend.Ledger.Posting;

/// <summary>
/// Writes journals in chunks: what is known already, which accounts, then two bulk writes. Memory depends on the chunk, not on the batch.
/// </summary>
internal sealed class PostJournals(Db db, Ids ids)
{
    internal const int ChunkSize = 5_000;

    private static readonly string[] s_journal =
        ["id", "book_id", "kind", "ref_id", "currency", "effective_at", "effective_on", "reverses_id", "transfer_count", "seal"];

    private static readonly string[] s_transfer = ["journal_id", "seq", "debit_account_id", "credit_account_id", "amount_minor"];

    public async Task<IReadOnlyList<PostOutcome>> Post(IReadOnlyList<JournalDraft> drafts, CancellationToken ct)
    {
        foreach (var draft in drafts) Check(draft);
        if (drafts.Count == 0) return [];
        var outcomes = new PostOutcome[drafts.Count];
        await using var transaction = await db.BeginWrite(ct);
        var accounts = new AccountIndex(db, ids);
        for (var start = 0; start < drafts.Count; start += ChunkSize)
            await PostChunk(drafts, start, Math.Min(start + ChunkSize, drafts.Count), outcomes, accounts, ct);
        await transaction.Commit(ct);
        return outcomes;
    }

    private static void Check(JournalDraft draft)
    {
        var name = $"Journal {draft.Kind} {draft.RefId}";
        if (string.IsNullOrEmpty(draft.Kind)) throw new ArgumentException("A journal has a kind.", nameof(draft));
        if (draft.Transfers.Count == 0) throw new ArgumentException($"{name} has no transfers.", nameof(draft));
        foreach (var transfer in draft.Transfers)
        {
            if (transfer.AmountMinor <= 0)
                throw new ArgumentException($"{name} moves {transfer.AmountMinor}; an amount is positive.", nameof(draft));
            if (transfer.Debit == transfer.Credit) throw new ArgumentException($"{name} debits and credits one account.", nameof(draft));
        }
    }

    private async Task PostChunk(IReadOnlyList<JournalDraft> drafts, int from, int to, PostOutcome[] outcomes, AccountIndex accounts,
        CancellationToken ct)
    {
        var known = await Known(drafts, from, to, ct);
        var fresh = new List<(long Id, JournalDraft Draft)>(to - from);
        for (var i = from; i < to; i++)
        {
            var draft = drafts[i];
            var fact = (draft.BookId, draft.Kind, draft.RefId);
            if (known.TryGetValue(fact, out var posted))
            {
                outcomes[i] = new PostOutcome(posted, AlreadyPosted: true);
                continue;
            }
            var id = ids.Next();
            known.Add(fact, id);
            fresh.Add((id, draft));
            outcomes[i] = new PostOutcome(id, AlreadyPosted: false);
        }
        if (fresh.Count == 0) return;
        await RefuseClosed(fresh, ct);
        await accounts.Prepare(fresh.Select(f => f.Draft), ct);
        await WriteJournals(fresh, ct);
        await WriteTransfers(fresh, accounts, ct);
    }

    private async Task<Dictionary<(long, string, long), long>> Known(
        IReadOnlyList<JournalDraft> drafts, int from, int to, CancellationToken ct)
    {
        var known = new Dictionary<(long, string, long), long>();
        foreach (var group in Enumerable.Range(from, to - from).Select(i => drafts[i]).GroupBy(d => (d.BookId, d.Kind)))
        {
            // One key look-up per fact, whatever the planner believes about a table that has just grown.
            await using var command = await db.Command($"""
                SELECT w.value, (SELECT j.id FROM journal j WHERE j.book_id = @book AND j.kind = @kind AND j.ref_id = w.value)
                FROM ({Sql.Numbers(db.Engine)}) w
                """, ct, ("book", group.Key.BookId), ("kind", group.Key.Kind),
                ("json", JsonSerializer.Serialize(group.Select(d => d.RefId))));
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                if (!await reader.IsDBNullAsync(1, ct))
                    known[(group.Key.BookId, group.Key.Kind, reader.GetInt64(0))] = reader.GetInt64(1);
            }
        }
        return known;
    }

    private async Task RefuseClosed(List<(long Id, JournalDraft Draft)> fresh, CancellationToken ct)
    {
        foreach (var book in fresh.GroupBy(f => f.Draft.BookId))
        {
            var first = book.Min(f => f.Draft.EffectiveOn);
            if (await Closes.Last(db, book.Key, ct) is not { } closed || first.ToYearMonth() > closed) continue;
            throw Refusal.Conflict("period_closed",
                $"The books are closed through {Closes.Text(closed)}, so nothing can be posted on {Columns.Iso(first)}. "
                + $"Date it {Columns.Iso(closed.PlusMonths(1).OnDayOfMonth(1))} or later.");
        }
    }

    private async Task WriteJournals(List<(long Id, JournalDraft Draft)> fresh, CancellationToken ct)
    {
        var seal = new Seal();
        await using var writer = await db.BulkInsert("journal", s_journal, ct);
        foreach (var (id, draft) in fresh)
        {
            var on = Columns.Iso(draft.EffectiveOn);
            writer.Int(id);
            writer.Int(draft.BookId);
            writer.Text(draft.Kind);
            writer.Int(draft.RefId);
            writer.Text(draft.Currency.Code);
            writer.At(draft.EffectiveAt);
            writer.Text(on);
            writer.Int(draft.ReversesId);
            writer.Int(draft.Transfers.Count);
            seal.Journal(id, draft.BookId, draft.Kind, draft.RefId, draft.Currency.Code, draft.EffectiveAt.ToUnixTimeMilliseconds(), on,
                draft.ReversesId);
            for (var seq = 0; seq < draft.Transfers.Count; seq++)
            {
                var t = draft.Transfers[seq];
                seal.Transfer(seq, Columns.Of(t.Debit.Kind), t.Debit.OwnerId, Columns.Of(t.Credit.Kind), t.Credit.OwnerId, t.AmountMinor);
            }
            writer.Bytes(seal.Hash());
            writer.EndRow();
        }
        await writer.Complete(ct);
    }

    private async Task WriteTransfers(List<(long Id, JournalDraft Draft)> fresh, AccountIndex accounts, CancellationToken ct)
    {
        await using var writer = await db.BulkInsert("transfer", s_transfer, ct);
        foreach (var (id, draft) in fresh)
        {
            for (var seq = 0; seq < draft.Transfers.Count; seq++)
            {
                var transfer = draft.Transfers[seq];
                writer.Int(id);
                writer.Int(seq);
                writer.Int(accounts[draft.BookId, transfer.Debit, draft.Currency]);
                writer.Int(accounts[draft.BookId, transfer.Credit, draft.Currency]);
                writer.Int(transfer.AmountMinor);
                writer.EndRow();
            }
        }
        await writer.Complete(ct);
    }
}
