using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using Stipend.Ledger.Model;
using Stipend.Platform.Data;

namespace Stipend.Ledger.Verifying;

/// <summary>A read-only look at the books at one moment, on a connection of its own: writers go on, the view does not move.</summary>
internal sealed class BookView(DbConnection connection, DbTransaction transaction, Engine engine) : IAsyncDisposable
{
    private const string Tables = "SELECT count(*) FROM sqlite_master WHERE type = 'table' "
        + "AND name IN ('journal', 'transfer', 'account', 'book_close', 'account_snapshot')";

    public Engine Engine => engine;

    public static async Task<BookView> OfPostgres(string connectionString, CancellationToken ct)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(ct);
        return new BookView(connection, await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct), Engine.Postgres);
    }

    /// <param name="file">A Stipend data file.</param>
    /// <param name="isCopy">Nobody writes to it; then it may also lie on a read-only disk.</param>
    /// <param name="ct">Cancels opening.</param>
    /// <exception cref="Refusal">There is no such file, or it is not a Stipend data file.</exception>
    public static async Task<BookView> OfFile(string file, bool isCopy, CancellationToken ct)
    {
        if (!File.Exists(file)) throw new Refusal(404, "no_file", $"There is no such file as {file}. Check its name.");
        var source = isCopy && !File.Exists(file + "-wal") ? $"{new Uri(Path.GetFullPath(file)).AbsoluteUri}?immutable=1" : file;
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = source, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            await connection.OpenAsync(ct);
            var view = new BookView(connection, connection.BeginTransaction(deferred: true), Engine.Sqlite);
            if (await view.Number(Tables, ct) == 5)
                return view;
        }
        catch (SqliteException error) when (error.SqliteErrorCode is 26 or 14 or 11)
        {
            await connection.DisposeAsync();
            throw NotBooks(file);
        }
        await connection.DisposeAsync();
        throw NotBooks(file);
    }

    public IAsyncEnumerable<BookRow> Journals(long bookId, string after, string through, CancellationToken ct) =>
        JournalStream.Read(connection, transaction, bookId, after, through, ct);

    /// <summary>Runs a query and hands each row over.</summary>
    public async Task Each(string sql, Action<DbDataReader> row, CancellationToken ct, params (string Name, object Value)[] parameters)
    {
        await using var command = Command(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) row(reader);
    }

    /// <summary>One number; null for none.</summary>
    public async Task<long?> Number(string sql, CancellationToken ct, params (string Name, object Value)[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteScalarAsync(ct) is long number ? number : null;
    }

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }

    private DbCommand Command(string sql, (string Name, object Value)[] parameters)
    {
        var command = connection.CreateCommand();
        (command.CommandText, command.Transaction, command.CommandTimeout) = (sql, transaction, 0);
        foreach (var (name, value) in parameters) JournalStream.Add(command, name, value);
        return command;
    }

    private static Refusal NotBooks(string file) =>
        Refusal.Invalid("not_a_data_file", $"{file} is not a Stipend data file. Name a copy of stipend.db made with “stipend backup”.");
}
