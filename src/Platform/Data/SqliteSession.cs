using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;
using SQLitePCL;

namespace Stipend.Platform.Data;

/// <summary>
/// A SQLite connection that stays open from one use of its pooled context to the next, set up once, with the statements it has compiled: to
/// open, set up and compile anew cost more than most queries. Idle, it holds no lock.
/// </summary>
public sealed class SqliteSession : SqliteConnection
{
    private const string Pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000; "
        + "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000; PRAGMA wal_autocheckpoint=4000; PRAGMA foreign_keys=ON;";
    private const int StatementLimit = 100;
    private static readonly object s_done = new();
    private static readonly ConditionalWeakTable<object, object> s_ready = [];
    private readonly Dictionary<string, KeptCommand> _idle = [];
    private readonly HashSet<string> _seen = [];
    private bool _isDisposing;

    static SqliteSession()
    {
        Batteries_V2.Init();
        // Counting memory takes a lock of the whole process at every allocation; nobody reads the count. Before the first connection only.
        if (OperatingSystem.IsLinux()) _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    public SqliteSession(string connectionString) : base(connectionString)
    {
    }

    /// <summary>False: closing closes, as with any connection; for tests that put another file in place.</summary>
    public bool StaysOpen { get; set; } = true;

    public override void Open()
    {
        base.Open();
        // Plans never depend on bound values, or SQLite compiles a kept statement again whenever its LIMIT is bound.
        _ = raw.sqlite3_db_config(Handle, raw.SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _);
        // SqliteConnection has a pool of its own below: the native handle is what has been set up, or not yet.
        if (!s_ready.TryAdd(Handle!, s_done)) return;
        using var command = CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    public override void Close()
    {
        if (StaysOpen && !_isDisposing) return;
        base.Close(); // disposes of the idle commands too
    }

    protected override void Dispose(bool disposing)
    {
        _isDisposing = true;
        base.Dispose(disposing);
    }

    /// <summary>A command of this text whose statements stay compiled after it is disposed of; null when the text was not seen before:
    /// texts used once are not worth a place.</summary>
    internal SqliteCommand? Lend(string sql)
    {
        if (_idle.Remove(sql, out var kept))
        {
            kept.IsLent = true;
            return kept;
        }
        if (_seen.Count >= 10 * StatementLimit) _seen.Clear();
        return _seen.Add(sql) ? null : new KeptCommand(this, sql);
    }

    /// <summary>Disposed of while lent, it goes back; while idle, by its connection that closes, it is gone.</summary>
    private sealed class KeptCommand(SqliteSession session, string sql) : SqliteCommand(sql, session)
    {
        public bool IsLent { get; set; } = true;

        protected override void Dispose(bool disposing)
        {
            var idle = session._idle;
            if (disposing && IsLent)
            {
                IsLent = false;
                Parameters.Clear();
                Transaction = null;
                if (idle.Count >= StatementLimit)
                    foreach (var other in idle.Values.ToList()) other.Dispose();
                if (session.StaysOpen && idle.TryAdd(CommandText, this)) return;
            }
            if (disposing && idle.GetValueOrDefault(CommandText) == this) idle.Remove(CommandText);
            base.Dispose(disposing);
        }
    }

    /// <summary>
    /// Makes EF use sessions and their compiled commands, and ends them with the site: EF does not dispose of connections it was given, and
    /// only when the last has closed does SQLite fold its log into the one file.
    /// </summary>
    internal sealed class Sessions : DbCommandInterceptor, IDbConnectionInterceptor, IDisposable
    {
        private readonly ConditionalWeakTable<SqliteSession, object> _open = [];

        public InterceptionResult<DbConnection> ConnectionCreating(ConnectionCreatingEventData eventData,
            InterceptionResult<DbConnection> result)
        {
            var session = new SqliteSession(eventData.ConnectionString!);
            _open.Add(session, s_done);
            return InterceptionResult<DbConnection>.SuppressWithResult(session);
        }

        public void Dispose()
        {
            foreach (var (session, _) in _open) session.Dispose();
        }

        public override DbCommand CommandInitialized(CommandEndEventData eventData, DbCommand result)
        {
            if ((result.Connection as SqliteSession)?.Lend(result.CommandText) is not { } kept) return result;
            kept.CommandTimeout = result.CommandTimeout;
            kept.Transaction = (SqliteTransaction?)result.Transaction;
            foreach (SqliteParameter parameter in result.Parameters)
                kept.Parameters.Add(new SqliteParameter(parameter.ParameterName, parameter.Value) { SqliteType = parameter.SqliteType });
            result.Dispose();
            return kept;
        }
    }
}
