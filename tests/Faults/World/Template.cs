using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.TestGateway;

namespace Stipend.Faults.World;

/// <summary>
/// A site on the eve of its billing day, made once per engine and size through the modules and then copied: patrons of several creators,
/// billed in arrears on 1 February, one card in twenty of each kind that fails in its own way.
/// </summary>
internal sealed record Template(string Folder, string? Database)
{
    public const string Zone = "Europe/Berlin", BillOn = "2026-02-01", Period = "M:2026-01";
    private const int Payees = 7;
    private static readonly SemaphoreSlim s_one = new(1, 1);
    private static readonly Dictionary<(Engine, int), Template> s_made = [];

    /// <summary>A minute before the run is due.</summary>
    public static Instant Eve { get; } = Instant.FromUtc(2026, 1, 31, 22, 59);

    /// <summary>The card of a patron: most pay.</summary>
    public static string CardOf(long patron) => (patron % 20) switch
    {
        3 => "card_declines",
        7 => "card_reply_lost_after_capture",
        11 => "card_reply_lost_before",
        13 => "card_breaks_after_capture",
        17 => "card_throttled",
        _ => "card_pays",
    };

    /// <summary>Whether the patron's bank says no to everything.</summary>
    public static bool Declines(long patron) => CardOf(patron) == "card_declines";

    public static async Task<Template> Of(Engine engine, int patrons)
    {
        await s_one.WaitAsync();
        try
        {
            return s_made.TryGetValue((engine, patrons), out var made) ? made : s_made[(engine, patrons)] = await Make(engine, patrons);
        }
        finally
        {
            s_one.Release();
        }
    }

    private static async Task<Template> Make(Engine engine, int patrons)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var cards = Enumerable.Range(1, patrons).Select(p => ((long)p, CardOf(p))).ToList();
        await app.In(s => s.GetRequiredService<IPaymentMethods>().AddTestCards(Book.Live, cards));
        await app.In(async s =>
        {
            var agreements = s.GetRequiredService<IAgreements>();
            await using var transaction = await s.GetRequiredService<Db>().BeginWrite();
            for (var patron = 1; patron <= patrons; patron++)
                for (var n = 0; n <= patron % 3; n++)
                    await agreements.Start(new AgreementTerms(Book.Live, patron, 10 + (patron + n) % Payees, BillingModel.MonthlyArrears, 1,
                        Zone, new Money(300 + patron % 97 * 10 + n, Currency.Of("EUR")), PledgeCap.None, "Studio"));
            await transaction.Commit();
        });
        await app.TravelTo(Eve.ToString());
        return await Keep(app);
    }

    private static async Task<Template> Keep(TestApp app)
    {
        var folder = Directory.CreateTempSubdirectory("stipend-eve-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var gateway = app.Services.GetRequiredService<TestGatewayStore>();
        _ = gateway.IntentCount(); // opened at the latest now
        var keys = Directory.CreateDirectory(Path.Combine(folder, "keys"));
        foreach (var key in Directory.GetFiles(Path.Combine(app.DataFolder, "keys")))
            File.Copy(key, Path.Combine(keys.FullName, Path.GetFileName(key)));
        Copy(Path.Combine(app.DataFolder, "test-gateway.db"), Path.Combine(folder, "test-gateway.db"));
        if (app.Database is null)
        {
            Copy(Path.Combine(app.DataFolder, "stipend.db"), Path.Combine(folder, "stipend.db"));
            return new Template(folder, null);
        }
        NpgsqlConnection.ClearAllPools();
        var name = $"eve_{Path.GetFileName(folder)[12..].ToLowerInvariant()}";
        await PostgresServer.CreateDatabase(name, new NpgsqlConnectionStringBuilder(app.Database).Database);
        return new Template(folder, name);
    }

    /// <summary>One consistent copy of a data file, whatever its log still holds.</summary>
    public static void Copy(string from, string to)
    {
        using var connection = new SqliteConnection($"Data Source={from};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "VACUUM INTO @to";
        command.Parameters.AddWithValue("@to", to);
        command.ExecuteNonQuery();
    }
}
