using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace Stipend.TestGateway;

/// <summary>
/// The gateway's own truth: what was captured and given back, in one SQLite file of its own, written durably before any reply.
/// Another process may open the same file to check; nothing here is ever read by the program that pays.
/// </summary>
public sealed class TestGatewayStore : IDisposable
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS customer (seq INTEGER PRIMARY KEY AUTOINCREMENT, metadata TEXT NOT NULL,
            created_at INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS method (seq INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL, card TEXT NOT NULL,
            detached INTEGER NOT NULL DEFAULT 0, confirmed_once INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS intent (seq INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL, method TEXT, charge_id TEXT,
            amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
            captured INTEGER NOT NULL DEFAULT 0, fee INTEGER NOT NULL DEFAULT 0, decline_code TEXT, advice TEXT, metadata TEXT NOT NULL,
            return_url TEXT, created_at INTEGER NOT NULL, captured_at INTEGER, CHECK (captured = 0 OR status = 'succeeded')) STRICT;
        CREATE INDEX IF NOT EXISTS intent_customer ON intent (customer, charge_id);
        CREATE TABLE IF NOT EXISTS refund (seq INTEGER PRIMARY KEY AUTOINCREMENT, intent TEXT NOT NULL,
            amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL, metadata TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
        CREATE INDEX IF NOT EXISTS refund_intent ON refund (intent);
        CREATE TABLE IF NOT EXISTS movement (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, intent TEXT NOT NULL, refund TEXT,
            charge_id TEXT, amount INTEGER NOT NULL, fee INTEGER NOT NULL, currency TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, request_hash BLOB NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL,
            created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS answer_age ON answer (created_at);
        CREATE TABLE IF NOT EXISTS mishap (subject TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, object_id TEXT NOT NULL,
            payload TEXT NOT NULL, created_at INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
            delivered INTEGER NOT NULL DEFAULT 0) STRICT;
        CREATE INDEX IF NOT EXISTS event_due ON event (seq) WHERE delivered = 0;
        """;

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>Opens or creates the store. <paramref name="file"/> may be <c>:memory:</c>.</summary>
    public TestGatewayStore(string file)
    {
        SQLitePCL.Batteries_V2.Init();
        if (Path.GetDirectoryName(file) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
            { DataSource = file, Pooling = false, DefaultTimeout = 30 }.ToString());
        _connection.Open();
        Execute("PRAGMA busy_timeout = 10000");
        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = FULL");
        using (var create = _connection.CreateCommand())
        {
            create.CommandText = Schema;
            create.ExecuteNonQuery();
        }
        Tag = Setting("tag", () => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3)));
        SecretKey = Setting("secret_key", () => "sk_test_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
    }

    /// <summary>The bearer key callers must show; made with the store and kept in it.</summary>
    public string SecretKey { get; }

    /// <summary>Part of every id, so that ids of two stores are never taken for each other.</summary>
    internal string Tag { get; }

    /// <summary>Every capture, oldest first: the independent truth that checks compare the ledger with.</summary>
    public IReadOnlyList<Capture> Captures() => All("SELECT * FROM intent WHERE captured > 0 ORDER BY captured_at, seq")
        .Select(row => new Capture(Id("pi", row.Long("seq")), row.Text("customer"), row.TextOrNull("charge_id"), row.Long("captured"),
            row.Text("currency"), row.Long("fee"), DateTimeOffset.FromUnixTimeMilliseconds(row.Long("captured_at"))))
        .ToList();

    /// <summary>Captures by the charge they were made for. More than one for a charge is a double payment.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Capture>> CapturesByCharge() => Captures()
        .Where(capture => capture.ChargeId is not null)
        .GroupBy(capture => capture.ChargeId!, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, IReadOnlyList<Capture> (group) => group.ToList(), StringComparer.Ordinal);

    /// <summary>Every refund, oldest first.</summary>
    public IReadOnlyList<GivenBack> Refunds() => All("""
        SELECT r.*, i.charge_id FROM refund r
        JOIN intent i ON i.seq = CAST(substr(r.intent, length(r.intent) - 11) AS INTEGER) ORDER BY r.seq
        """).Select(row => new GivenBack(Id("re", row.Long("seq")), row.Text("intent"), row.TextOrNull("charge_id"), row.Long("amount"),
            row.Text("currency"))).ToList();

    /// <summary>Every payment ever begun, whatever became of it, oldest first.</summary>
    public IReadOnlyList<Payment> Payments() => All("SELECT * FROM intent ORDER BY seq")
        .Select(row => new Payment(Id("pi", row.Long("seq")), row.TextOrNull("charge_id"), row.Text("status"), (int)row.Long("attempts")))
        .ToList();

    /// <summary>How many payments were ever begun, whatever became of them.</summary>
    public int IntentCount() => (int)All("SELECT count(*) AS n FROM intent")[0].Long("n");

    /// <summary>How many times a confirm was tried, over all payments.</summary>
    public int ConfirmCount() => (int)All("SELECT coalesce(sum(attempts), 0) AS n FROM intent")[0].Long("n");

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var command in _commands.Values) command.Dispose();
            _commands.Clear();
            _connection.Dispose();
        }
    }

    internal string Id(string kind, long seq) => $"{kind}_{Tag}{seq.ToString("D12", CultureInfo.InvariantCulture)}";

    /// <summary>The number inside an id of this store, or null when it is another kind's or another store's.</summary>
    internal long? Seq(string kind, string? id)
    {
        var prefix = $"{kind}_{Tag}";
        return id is not null && id.StartsWith(prefix, StringComparison.Ordinal)
            && long.TryParse(id.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : null;
    }

    /// <summary>Runs work as one durable transaction; a refusal undoes all of it and is the answer.</summary>
    internal GatewayReply Write(Func<GatewayReply> work)
    {
        lock (_lock)
        {
            Execute("BEGIN IMMEDIATE");
            var done = false;
            try
            {
                var reply = work();
                Execute("COMMIT");
                done = true;
                return reply;
            }
            catch (CallRefused refused)
            {
                return refused.Reply;
            }
            finally
            {
                if (!done) Execute("ROLLBACK");
            }
        }
    }

    internal int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        lock (_lock) return Prepared(sql, parameters).ExecuteNonQuery();
    }

    /// <summary>Inserts a row and answers its sequence number.</summary>
    internal long Insert(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        lock (_lock) return (long)Prepared(sql + " RETURNING seq", parameters).ExecuteScalar()!;
    }

    internal Row? One(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        All(sql, parameters) is [var row, ..] ? row : null;

    internal List<Row> All(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        lock (_lock)
        {
            using var reader = Prepared(sql, parameters).ExecuteReader();
            var rows = new List<Row>();
            while (reader.Read())
            {
                var row = new Row();
                for (var i = 0; i < reader.FieldCount; i++) row[reader.GetName(i)] = reader.IsDBNull(i) ? null : reader.GetValue(i);
                rows.Add(row);
            }
            return rows;
        }
    }

    private SqliteCommand Prepared(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            _commands.Add(sql, command);
        }
        command.Parameters.Clear();
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private string Setting(string name, Func<string> make)
    {
        Execute("INSERT INTO setting (name, value) VALUES (@name, @value) ON CONFLICT DO NOTHING", ("@name", name), ("@value", make()));
        return One("SELECT value FROM setting WHERE name = @name", ("@name", name))!.Text("value");
    }
}

/// <summary>Money taken: in minor units of a lower-case currency code, with what the gateway kept of it.</summary>
public sealed record Capture(string IntentId, string CustomerId, string? ChargeId, long AmountMinor, string Currency, long FeeMinor,
    DateTimeOffset At);

/// <summary>A payment, its state by the gateway's name for it, and how often it was confirmed.</summary>
public sealed record Payment(string IntentId, string? ChargeId, string Status, int Attempts);

/// <summary>Money returned to a payer, in minor units.</summary>
public sealed record GivenBack(string RefundId, string IntentId, string? ChargeId, long AmountMinor, string Currency);

/// <summary>A row by column name.</summary>
internal sealed class Row : Dictionary<string, object?>
{
    internal long Long(string column) => (long)this[column]!;
    internal string Text(string column) => (string)this[column]!;
    internal string? TextOrNull(string column) => (string?)this[column];
    internal byte[] Bytes(string column) => (byte[])this[column]!;
}
