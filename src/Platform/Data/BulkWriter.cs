using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;
using SQLitePCL;

namespace Stipend.Platform.Data;

/// <summary>
/// Writes many rows of one table fast, without EF: binary COPY on PostgreSQL, one prepared statement through the raw sqlite3 API on SQLite.
/// Call one method per column in order, then <see cref="EndRow"/>; nothing is kept until <see cref="Complete"/>.
/// On PostgreSQL only one writer may be open at a time per connection.
/// </summary>
public abstract class BulkWriter : IAsyncDisposable
{
    public abstract void Int(long value);
    public abstract void Text(string value);
    public abstract void Bytes(byte[] value);
    public abstract void Bool(bool value);
    public abstract void Null();
    public abstract void EndRow();

    public void Int(long? value) { if (value is { } v) Int(v); else Null(); }
    public void Text(string? value, bool nullable) { if (value is not null || !nullable) Text(value!); else Null(); }
    public void At(Instant value) => Int(value.ToUnixTimeMilliseconds());
    public void At(Instant? value) { if (value is { } v) At(v); else Null(); }
    public void Date(LocalDate value) => Text(Columns.Iso(value));

    /// <summary>Ends the write and answers the number of rows.</summary>
    public abstract ValueTask<long> Complete(CancellationToken ct = default);

    public abstract ValueTask DisposeAsync();

    internal static async Task<BulkWriter> Open(DbConnection connection, string table, IReadOnlyList<string> columns, CancellationToken ct)
        => connection switch
    {
        SqliteConnection sqlite => new SqliteWriter(sqlite, table, columns),
        NpgsqlConnection npgsql => new CopyWriter(await npgsql.BeginBinaryImportAsync(
            $"COPY {table} ({string.Join(", ", columns)}) FROM STDIN (FORMAT BINARY)", ct)),
        _ => throw new NotSupportedException(connection.GetType().Name),
    };

    private sealed class SqliteWriter : BulkWriter
    {
        private readonly sqlite3 _database;
        private readonly sqlite3_stmt _statement;
        private int _column;
        private long _rows;

        public SqliteWriter(SqliteConnection connection, string table, IReadOnlyList<string> columns)
        {
            _database = connection.Handle!;
            var sql = $"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ({string.Join(", ", columns.Select((_, i) => $"?{i + 1}"))})";
            Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
        }

        public override void Int(long value) => Check(raw.sqlite3_bind_int64(_statement, ++_column, value));
        public override void Text(string value) => Check(raw.sqlite3_bind_text(_statement, ++_column, value));
        public override void Bytes(byte[] value) => Check(raw.sqlite3_bind_blob(_statement, ++_column, value));
        public override void Bool(bool value) => Int(value ? 1 : 0);
        public override void Null() => Check(raw.sqlite3_bind_null(_statement, ++_column));

        public override void EndRow()
        {
            var code = raw.sqlite3_step(_statement);
            if (code != raw.SQLITE_DONE) Check(raw.sqlite3_extended_errcode(_database));
            Check(raw.sqlite3_reset(_statement));
            _column = 0;
            _rows++;
        }

        public override ValueTask<long> Complete(CancellationToken ct = default) => ValueTask.FromResult(_rows);

        public override ValueTask DisposeAsync()
        {
            _statement.Dispose();
            return ValueTask.CompletedTask;
        }

        private void Check(int code)
        {
            if (code != raw.SQLITE_OK) throw new SqliteException(raw.sqlite3_errmsg(_database).utf8_to_string(), code & 0xFF, code);
        }
    }

    private sealed class CopyWriter(NpgsqlBinaryImporter importer) : BulkWriter
    {
        private bool _inRow;

        public override void Int(long value) { Row(); importer.Write(value, NpgsqlDbType.Bigint); }
        public override void Text(string value) { Row(); importer.Write(value, NpgsqlDbType.Text); }
        public override void Bytes(byte[] value) { Row(); importer.Write(value, NpgsqlDbType.Bytea); }
        public override void Bool(bool value) { Row(); importer.Write(value, NpgsqlDbType.Boolean); }
        public override void Null() { Row(); importer.WriteNull(); }
        public override void EndRow() => _inRow = false;
        public override async ValueTask<long> Complete(CancellationToken ct = default) => (long)await importer.CompleteAsync(ct);
        public override ValueTask DisposeAsync() => importer.DisposeAsync();

        private void Row()
        {
            if (_inRow) return;
            importer.StartRow();
            _inRow = true;
        }
    }
}
