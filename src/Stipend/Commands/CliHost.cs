using System.CommandLine;
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
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("Stipend__Data") ?? "data",
    };

    public static Option<string?> Database { get; } = new("--database")
    {
        Description = "PostgreSQL connection string (Host=…;Database=…); without it, one SQLite file in the data folder",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("Stipend__Database"),
    };

    public static SiteSettings Settings(ParseResult parsed) => new()
    {
        DataFolder = Path.GetFullPath(parsed.GetValue(Data)!),
        Database = parsed.GetValue(Database) is { Length: > 0 } database ? database : null,
        RunsMessages = false,
        ServesPages = false,
    };

    /// <summary>
    /// Runs work over the site's services with the data folder held, the database migrated and messages run by hand.
    /// A refusal becomes one sentence on standard error and exit code 1.
    /// </summary>
    public static Task<int> Run(ParseResult parsed, Func<IServiceProvider, CancellationToken, Task<int>> work, CancellationToken ct)
        => Guard(async () =>
    {
        var settings = Settings(parsed);
        using var folder = new DataFolder(new DataOptions { Folder = settings.DataFolder, Postgres = settings.Database });
        await using var app = SiteHost.Build(settings, builder => builder.Logging.SetMinimumLevel(LogLevel.Warning));
        await SiteHost.Prepare(app, ct);
        await using var scope = app.Services.CreateAsyncScope();
        return await work(scope.ServiceProvider, ct);
    });

    /// <summary>Runs what messages are due, as the site would in the background.</summary>
    public static Task<int> Drain(IServiceProvider services, CancellationToken ct) =>
        services.GetRequiredService<MessageRunner>().RunDue(ct);

    /// <summary>Turns refusals and unreachable databases into a sentence and an exit code.</summary>
    public static async Task<int> Guard(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (Refusal refusal)
        {
            await Console.Error.WriteLineAsync($"stipend: {refusal.Message}");
            foreach (var (field, message) in refusal.Fields.Where(f =>
                f.Value != refusal.Message)) await Console.Error.WriteLineAsync($"  {field}: {message}");
            return ExitCode.Refused;
        }
        catch (Exception error) when (error.IsDiskTrouble)
        {
            await Console.Error.WriteLineAsync("stipend: The disk is full or read-only, so nothing was saved. Free some space and run the command again.");
            return ExitCode.Refused;
        }
        catch (Exception error) when (error.IsUnreachable)
        {
            await Console.Error.WriteLineAsync($"stipend: The database cannot be used: {error.DatabaseMessage.TrimEnd('.')}. Check --data, --database or Stipend__Database.");
            return ExitCode.Refused;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("stipend: Stopped. What was committed stays; run the command again to go on.");
            return ExitCode.Refused;
        }
    }
}
