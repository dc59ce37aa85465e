using System.Data.Common;
using System.Runtime.CompilerServices;

namespace Stipend.Ledger.Model;

/// <summary>
/// One row of the books in reading order: a transfer with its journal and both accounts. A journal without transfers is one row without.
/// </summary>
internal sealed record BookRow(
    long JournalId, string Kind, long RefId, string Currency, long EffectiveAtMs, string EffectiveOn, long? ReversesId,
    long TransferCount, byte[] Seal,
    TransferRow? Transfer);

internal readonly record struct TransferRow(long Seq, long AmountMinor, AccountRow Debit, AccountRow Credit);

/// <summary>An account as it is stored; BookId 0 when there is none.</summary>
internal readonly record struct AccountRow(long Id, long BookId, string Kind, long OwnerId, string Currency);

/// <summary>Reads a book's journals with their transfers, ordered by day, id and seq, one row at a time.</summary>
internal static class JournalStream
{
    private const string Query = """
        SELECT j.id, j.kind, j.ref_id, j.currency, j.effective_at, j.effective_on, j.reverses_id, j.transfer_count, j.seal,
               t.seq, t.amount_minor,
               t.debit_account_id, coalesce(d.book_id, 0), coalesce(d.kind, ''), coalesce(d.owner_id, 0), coalesce(d.currency, ''),
               t.credit_account_id, coalesce(c.book_id, 0), coalesce(c.kind, ''), coalesce(c.owner_id, 0), coalesce(c.currency, '')
        FROM journal j
        LEFT JOIN transfer t ON t.journal_id = j.id
        LEFT JOIN account d ON d.id = t.debit_account_id
        LEFT JOIN account c ON c.id = t.credit_account_id
        WHERE j.book_id = @book AND j.effective_on > @after AND j.effective_on <= @through
        ORDER BY j.effective_on, j.id, t.seq
        """;

    /// <param name="connection">An open connection.</param>
    /// <param name="transaction">Its transaction, if any.</param>
    /// <param name="bookId">The book.</param>
    /// <param name="after">ISO day before the first; empty for the beginning.</param>
    /// <param name="through">Last ISO day.</param>
    /// <param name="ct">Cancels between rows.</param>
    public static async IAsyncEnumerable<BookRow> Read(
        DbConnection connection, DbTransaction? transaction, long bookId, string after, string through,
        [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = connection.CreateCommand();
        (command.CommandText, command.Transaction, command.CommandTimeout) = (Query, transaction, 0);
        Add(command, "book", bookId);
        Add(command, "after", after);
        Add(command, "through", through);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) yield return Row(reader);
    }

    internal static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }

    private static BookRow Row(DbDataReader reader) => new(
        reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3), reader.GetInt64(4), reader.GetString(5),
        reader.IsDBNull(6) ? null : reader.GetInt64(6), reader.GetInt64(7), reader.GetFieldValue<byte[]>(8),
        reader.IsDBNull(9) ? null : new TransferRow(reader.GetInt64(9), reader.GetInt64(10), Account(reader, 11), Account(reader, 16)));

    private static AccountRow Account(DbDataReader reader, int at) => new(
        reader.GetInt64(at), reader.GetInt64(at + 1), reader.GetString(at + 2), reader.GetInt64(at + 3), reader.GetString(at + 4));
}
