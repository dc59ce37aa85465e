using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Messaging;

namespace Stipend.Platform.Data;

/// <summary>
/// The one DbContext. Every write happens in a <see cref="BeginWrite"/> transaction; a plain SaveChanges opens one for itself.
/// Contracts called inside another module's transaction join it.
/// </summary>
public sealed class Db(DbContextOptions<Db> options) : DbContext(options)
{
    private readonly IServiceProvider _services = options.FindExtension<CoreOptionsExtension>()!.ApplicationServiceProvider!;
    private WriteTransaction? _current;
    private List<Action>? _afterCommit;
    private readonly List<OutgoingMessage> _outgoing = [];

    public Engine Engine => _services.GetRequiredService<DataOptions>().Engine;

    /// <summary>True while a write transaction is open on this context.</summary>
    public bool InTransaction => _current is not null;

    /// <summary>
    /// Opens the write transaction, waiting in line at SQLite's write gate. Inside an open one it returns a part of it:
    /// only the outermost commit commits, and a part left without commit dooms the whole.
    /// </summary>
    public async Task<WriteTransaction> BeginWrite(CancellationToken ct = default)
    {
        if (_current is not null) return new WriteTransaction(this, _current);
        var gate = Engine == Engine.Sqlite ? _services.GetRequiredService<WriteGate>() : null;
        if (gate is not null) await gate.Enter(ct);
        try
        {
            var transaction = await Database.BeginTransactionAsync(ct);
            return _current = new WriteTransaction(this, transaction, gate);
        }
        catch (Exception)
        {
            gate?.Leave();
            throw;
        }
    }

    /// <summary>Runs after the outermost commit has succeeded; for wake-ups only, since a crash loses it.</summary>
    public void AfterCommit(Action action) => (_afterCommit ??= []).Add(action);

    /// <summary>The open connection, for set-based SQL and bulk writes beside EF.</summary>
    public async Task<DbConnection> OpenConnection(CancellationToken ct = default)
    {
        if (Database.GetDbConnection() is { State: not System.Data.ConnectionState.Open }) await Database.OpenConnectionAsync(ct);
        return Database.GetDbConnection();
    }

    /// <summary>A command on the current connection and transaction. Parameters are <c>@name</c> on both engines.</summary>
    public async Task<DbCommand> Command(string sql, CancellationToken ct = default, params (string Name, object? Value)[] parameters)
    {
        var connection = await OpenConnection(ct);
        _services.GetRequiredService<CommandCount>().Add();
        var kept = (connection as SqliteSession)?.Lend(sql);
        var command = kept ?? connection.CreateCommand();
        if (kept is null) command.CommandText = sql;
        command.Transaction = Database.CurrentTransaction?.GetDbTransaction();
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value switch { null => DBNull.Value, Instant at => at.ToUnixTimeMilliseconds(), LocalDate date =>
                Columns.Iso(date), _ => value };
            command.Parameters.Add(parameter);
        }
        return command;
    }

    /// <summary>Runs one statement of set-based SQL in the write transaction; answers the rows touched.</summary>
    public async Task<int> Execute(string sql, CancellationToken ct = default, params (string Name, object? Value)[] parameters)
    {
        await using var transaction = await BeginWrite(ct);
        await using var command = await Command(sql, ct, parameters);
        var rows = await command.ExecuteNonQueryAsync(ct);
        await transaction.Commit(ct);
        return rows;
    }

    /// <summary>
    /// For a transaction that asks for a few rows of large tables by their keys: until it ends PostgreSQL goes by indexes, from table to table in the
    /// order in which they are joined. Its estimates are worth nothing for tables that have just grown or conditions that hang together, and one look
    /// at everything ever billed, made for each part of a run, makes the run quadratic. SQLite goes by indexes anyway.
    /// </summary>
    public async Task GoByKeys(CancellationToken ct = default)
    {
        if (_current is null) throw new InvalidOperationException("Going by keys ends with a transaction; there is none.");
        if (Engine == Engine.Postgres)
            await Execute("""
                SET LOCAL join_collapse_limit = 1; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off;
                SET LOCAL enable_mergejoin = off; SET LOCAL jit = off
                """, ct);
    }

    /// <summary>Opens a bulk writer for one table; must be inside a write transaction.</summary>
    public async Task<BulkWriter> BulkInsert(string table, IReadOnlyList<string> columns, CancellationToken ct = default)
    {
        if (_current is null) throw new InvalidOperationException("Bulk writes happen inside BeginWrite.");
        return await BulkWriter.Open(await OpenConnection(ct), table, columns, ct);
    }

    public override int SaveChanges(bool acceptAllChangesOnSuccess) => throw new NotSupportedException("Use SaveChangesAsync.");

    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        if (_current is not null)
        {
            var saved = await SaveEntities(cancellationToken);
            await WriteMessages(cancellationToken);
            return saved;
        }
        if (_outgoing.Count == 0 && !ChangeTracker.HasChanges()) return 0;
        await using var transaction = await BeginWrite(cancellationToken);
        var rows = await SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
        await transaction.Commit(cancellationToken);
        return rows;
    }

    /// <summary>What a part of a transaction leaves behind: its entities, for the SQL that follows. Messages go once, with the whole.</summary>
    internal Task<int> SaveEntities(CancellationToken ct) => base.SaveChangesAsync(acceptAllChangesOnSuccess: true, ct);

    internal void Send(OutgoingMessage message) => _outgoing.Add(message);

    private async Task WriteMessages(CancellationToken ct)
    {
        if (_outgoing.Count == 0) return;
        await Messaging.MessageStore.Write(this, _outgoing, ct);
        _outgoing.Clear();
    }

    internal void Ended(bool committed)
    {
        _current = null;
        var actions = _afterCommit;
        _afterCommit = null;
        _outgoing.Clear();
        if (committed) actions?.ForEach(action => action());
        else ChangeTracker.Clear(); // what was rolled back must not look saved
    }

    /// <summary>The context goes back to the pool: what was published and never saved must not be sent by whoever gets it next.</summary>
    public override void Dispose()
    {
        Forget();
        base.Dispose();
    }

    public override ValueTask DisposeAsync()
    {
        Forget();
        return base.DisposeAsync();
    }

    private void Forget()
    {
        _outgoing.Clear();
        _afterCommit = null;
    }
}

/// <summary>An open write transaction; commit it or it rolls back.</summary>
public sealed class WriteTransaction : IAsyncDisposable
{
    private readonly Db _db;
    private readonly WriteTransaction? _outer;
    private readonly IDbContextTransaction? _transaction;
    private readonly WriteGate? _gate;
    private bool _done, _doomed, _disposed;

    internal WriteTransaction(Db db, WriteTransaction outer) => (_db, _outer) = (db, outer._outer ?? outer);
    internal WriteTransaction(Db db, IDbContextTransaction transaction, WriteGate? gate) =>
        (_db, _transaction, _gate) = (db, transaction, gate);

    /// <summary>Saves pending changes and, when outermost, commits durably.</summary>
    public async Task Commit(CancellationToken ct = default)
    {
        if (_outer is not null) await _db.SaveEntities(ct);
        else
        {
            await _db.SaveChangesAsync(ct);
            if (_doomed) throw new InvalidOperationException("A part of this transaction failed; it cannot commit.");
            await _transaction!.CommitAsync(ct);
        }
        _done = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        if (_outer is not null)
        {
            if (!_done) _outer._doomed = true;
            return;
        }
        try
        {
            await _transaction!.DisposeAsync();
        }
        finally
        {
            _gate?.Leave();
            _db.Ended(_done);
        }
    }
}

/// <summary>First come, first served: one writer at a time on SQLite, so that nobody starves in busy-retry.</summary>
public sealed class WriteGate : IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(1, 1);

    public Task Enter(CancellationToken ct) => _semaphore.WaitAsync(ct);
    public void Leave() => _semaphore.Release();
    public void Dispose() => _semaphore.Dispose();
}
