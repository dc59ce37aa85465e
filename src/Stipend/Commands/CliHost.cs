using System.CommandLine;
using System.Data.Common;
using Microsoft.Extensions.Options;
using Npgsql;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Commands;

/// <summary>Exit codes of every command, part of its contract.</summary>
public static class ExitCode
{
    public const int Ok = 0;

    /// <summary>Refused or failed; the sentence on standard error says what and how to mend it.</summary>
    public const int Refused = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;
}

/// <summary>What commands share: where the data is, and running one piece of work over the composed site.</summary>
public static class CliHost
{
    public static Option<string> Data { get; } = new("--data")
    {
        Description = "Folder of the site's data",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("Stipend__Data") is { Length: > 0 } folder ? folder : "data",
    };

    public static Option<string?> Database { get; } = new("--database")
    {
        Description = "PostgreSQL connection string (Host=…;Database=…); without it, one SQLite file in the data folder",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("Stipend__Database"),
    };

    /// <exception cref="Refusal">The folder's name is empty, or the connection string is none.</exception>
    public static SiteSettings Settings(ParseResult parsed) => new()
    {
        DataFolder = parsed.GetValue(Data) is { Length: > 0 } folder ? Path.GetFullPath(folder)
            : throw Refusal.Invalid("data_folder", "--data names no folder. Write it like --data DIR, or leave it out for “data”."),
        Database = parsed.GetValue(Database) is { Length: > 0 } database ? Checked(database) : null,
        RunsMessages = false,
        ServesPages = false,
    };

    public static DataOptions DataOf(SiteSettings settings) => new() { Folder = settings.DataFolder, Postgres = settings.Database };

    /// <summary>
    /// Runs work over the services of a site that exists, with the data folder held, the database migrated and messages run by hand.
    /// A refusal becomes one sentence on standard error and exit code 1.
    /// </summary>
    public static Task<int> Run(ParseResult parsed, Func<IServiceProvider, CancellationToken, Task<int>> work, CancellationToken ct) =>
        Run(parsed, work, makesSite: false, ct);

    /// <summary>The same for a command that may also begin a site: <paramref name="makesSite"/>.</summary>
    public static Task<int> Run(ParseResult parsed, Func<IServiceProvider, CancellationToken, Task<int>> work, bool makesSite,
        CancellationToken ct) => Guard(parsed, async () =>
    {
        var settings = Settings(parsed);
        if (!makesSite) DataOf(settings).ShouldHaveData(); // a mistyped folder must not become a new, empty site
        using var folder = new DataFolder(DataOf(settings));
        await using var app = SiteHost.Build(settings, builder => builder.Logging.SetMinimumLevel(LogLevel.Warning));
        await SiteHost.Prepare(app, ct);
        await using var scope = app.Services.CreateAsyncScope();
        return await work(scope.ServiceProvider, ct);
    });

    /// <summary>Runs what messages are due, as the site would in the background.</summary>
    public static Task<int> Drain(IServiceProvider services, CancellationToken ct) =>
        services.GetRequiredService<MessageRunner>().RunDue(ct);

    /// <summary>Turns refusals, files that cannot be used and databases that do not answer into a sentence and an exit code.</summary>
    public static async Task<int> Guard(ParseResult parsed, Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (Refusal refusal)
        {
            return Complaint.Say(parsed, refusal.Code, refusal.Message, refusal.Fields);
        }
        catch (Exception error) when (error.IsDiskTrouble)
        {
            return Complaint.Say(parsed, "disk",
                "The disk is full or read-only, or this user may not write the data file, so nothing was saved. Mend that and run the command again.");
        }
        catch (Exception error) when (error.IsDamaged)
        {
            return Complaint.Say(parsed, "database_damaged",
                $"The data file is damaged or not Stipend's ({Plain(error.DatabaseMessage)}). Run “stipend doctor”, or restore a backup with “stipend restore FILE --force”.");
        }
        catch (Exception error) when (error.IsUnreachable || error is DbException)
        {
            return Complaint.Say(parsed, "database_unusable",
                $"The database cannot be used: {Plain(error.DatabaseMessage)}. Check --data, --database or Stipend__Database.");
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            return Complaint.Say(parsed, "file_unusable",
                $"{Plain(error.Message)}. Check the name, and that this user may use it.");
        }
        catch (OptionsValidationException error)
        {
            return Complaint.Say(parsed, "setting", $"A setting is wrong: {Plain(error.Message)}. Settings are listed in docs/reference/settings.md.");
        }
        catch (InvalidOperationException error) when (error.Source == "Microsoft.Extensions.Configuration.Binder")
        {
            return Complaint.Say(parsed, "setting", $"A setting is wrong: {Plain(error.Message)}. Settings are listed in docs/reference/settings.md.");
        }
        catch (OperationCanceledException)
        {
            return Complaint.Say(parsed, "stopped", "Stopped. What was committed stays; run the command again to go on.");
        }
    }

    /// <summary>The full path of a file that is there and may be read.</summary>
    /// <exception cref="Refusal">It is not, or it is a folder.</exception>
    public static string ExistingFile(string name)
    {
        var file = Path.GetFullPath(name);
        if (Directory.Exists(file)) throw Refusal.Invalid("is_a_folder", $"{file} is a folder. Name a file in it.");
        try
        {
            using var probe = File.OpenRead(file);
            return file;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new Refusal(404, "no_file", $"There is no such file as {file}. Check its name.");
        }
        catch (UnauthorizedAccessException)
        {
            throw Refusal.Forbidden($"{file} cannot be read by this user. Run the command as its owner, or let this user read it.");
        }
    }

    /// <summary>The wrong string is not shown: it may hold a password.</summary>
    private static string Checked(string database)
    {
        try
        {
            if (new NpgsqlConnectionStringBuilder(database).Host is { Length: > 0 }) return database;
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            // refused below
        }
        throw Refusal.Invalid("database_string",
            "--database (or Stipend__Database) is not a connection string. Write it like “Host=localhost;Database=stipend;Username=stipend;Password=…”.");
    }

    private static string Plain(string message) => message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
