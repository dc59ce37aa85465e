using System.CommandLine;
using System.Text.Json;
using Stipend.Billing.Contracts;
using Stipend.Platform.Backups;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Commands;

/// <summary><c>stipend backup</c> and <c>stipend restore</c>: the whole site in one file, and back.</summary>
internal static class BackupCommands
{
    private static readonly Option<bool> s_json = new("--json") { Description = "Write JSON" };

    public static Command BuildBackup()
    {
        var file = new Argument<string>("FILE") { Description = "The archive to write, such as stipend-2026-01-31.tar.gz; must not exist" };
        var command = new Command("backup", "Pack data, files and keys into one checked archive, also while the site runs") { file,
            s_json };
        command.SetAction((parsed, ct) => CliHost.Guard(parsed, async () =>
        {
            var data = Data(parsed);
            var manifest = await BackupWriter.Write(data, parsed.GetValue(file)!, new Clock(TimeProvider.System).Now(), ct);
            if (parsed.GetValue(s_json)) Console.WriteLine(JsonSerializer.Serialize(manifest, Json.Options));
            else Console.WriteLine($"Backed up {manifest.Files.Count} files, {manifest.Files.Sum(f => f.Size) / 1024:N0} KiB, to {parsed.GetValue(file)}, and checked it.");
            if (data.Engine == Engine.Postgres)
                await Console.Error.WriteLineAsync("stipend: Files and keys are in the archive; the PostgreSQL database is not. Back it up with pg_dump at the same time.");
            if (Environment.GetEnvironmentVariable("Stipend__Vault__S3Url") is { Length: > 0 })
                await Console.Error.WriteLineAsync("stipend: Files that lie in the S3 bucket are not in the archive. Keep versions of the bucket, or move them here first with “stipend vault move”.");
            return ExitCode.Ok;
        }));
        return command;
    }

    public static Command BuildRestore()
    {
        var file = new Argument<string>("FILE") { Description = "An archive made by stipend backup" };
        var force = new Option<bool>("--force") { Description = "Replace a data folder that has data; the old data is kept in a folder inside it" };
        var command = new Command("restore",
            "Put a backup in the place of the data folder; checked before anything is touched") { file, force };
        command.SetAction((parsed, ct) => CliHost.Guard(parsed, async () =>
        {
            var data = Data(parsed);
            var archive = CliHost.ExistingFile(parsed.GetValue(file)!);
            await using var app = SiteHost.Build(CliHost.Settings(parsed));
            var known = Migrator.Load(app.Services.GetServices<MigrationSource>(), data.Engine).Select(m => $"{m.Module}/{m.Name}")
                .ToHashSet(StringComparer.Ordinal);
            var isNew = !Directory.Exists(data.Folder);
            using var held = new DataFolder(data, duringRestore: true);
            BackupManifest manifest;
            string? old;
            try
            {
                (manifest, old) = await BackupReader.Restore(archive, data.Folder, parsed.GetValue(force), known,
                    new Clock(TimeProvider.System).Now(), ct);
            }
            catch (Refusal) when (isNew)
            {
                held.Dispose();
                Directory.Delete(data.Folder, recursive: true); // made for this restore alone
                throw;
            }
            if (manifest.Engine != "postgres") await Forgetful(app, ct);
            Console.WriteLine($"Restored {manifest.Files.Count} files as of {manifest.MadeAt} into {data.Folder}.");
            if (old is not null) Console.WriteLine($"The data that was there is in {old}; delete it when all is well.");
            if (manifest.Engine == "postgres")
                await Console.Error.WriteLineAsync("stipend: This archive holds files and keys of a site on PostgreSQL. Restore its database with pg_restore, then run `stipend bill reconcile --restored` before the site starts.");
            return ExitCode.Ok;
        }));
        return command;
    }

    /// <summary>The gateway remembers what was paid since the backup, the restored books do not: they ask it before they charge anybody.</summary>
    private static async Task Forgetful(WebApplication app, CancellationToken ct)
    {
        await using var scope = app.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IReconciliation>().MarkRestored(ct);
    }

    private static DataOptions Data(ParseResult parsed) => CliHost.DataOf(CliHost.Settings(parsed));
}
