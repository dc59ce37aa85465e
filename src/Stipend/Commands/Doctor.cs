using System.Data.Common;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using System.Xml;
using Microsoft.AspNetCore.DataProtection;
using Stipend.Billing.Contracts;
using Stipend.Platform.Backups;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;

namespace Stipend.Commands;

/// <summary>Examines an installation. Nothing is made or changed: a folder or a database that is not there stays away.</summary>
internal sealed class Doctor(IServiceProvider services, DataOptions data)
{
    private const long NeededBytes = 200L << 20, RoomyBytes = 1L << 30;
    private static readonly Duration s_staleBackup = Duration.FromDays(7);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public async Task<IReadOnlyList<Finding>> Examine(CancellationToken ct) =>
    [
        Folder(), Space(), await Database(ct), await Integrity(ct), Time(), await Mail(ct), Keys(), Address(), await Payments(ct),
        await Runs(ct), await Backup(ct),
    ];

    private Finding Folder()
    {
        const string check = "data folder";
        if (File.Exists(data.Folder)) return Bad(check, $"{data.Folder} is a file, not a folder.", "Name the site's data folder with --data DIR.");
        if (!Directory.Exists(data.Folder)) return Look(check, $"{data.Folder} does not exist yet.",
            "The first start makes it. If you expected data here, name its folder with --data DIR.");
        if (Directory.Exists(Path.Combine(data.Folder, BackupReader.Staging)))
            return Bad(check, $"A restore into {data.Folder} was interrupted.", "Run “stipend restore FILE --force” again.");
        try
        {
            var probe = Path.Combine(data.Folder, $"doctor-{Environment.ProcessId}.partial");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return Good(check, $"{data.Folder} can be written.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Bad(check, $"{data.Folder} cannot be written: {error.Message}",
                "Give this user write access, or choose another with --data DIR.");
        }
    }

    private Finding Space()
    {
        const string check = "disk space";
        var folder = data.Folder;
        while (!Directory.Exists(folder)) folder = Path.GetDirectoryName(folder)!;
        var free = new DriveInfo(folder).AvailableFreeSpace;
        var found = $"{free >> 20:N0} MiB free.";
        if (free < NeededBytes) return Bad(check, found, "Free some space: writes begin to fail when it is used up.");
        return free < RoomyBytes ? Look(check, found, "Uploads and the copies made before upgrades need room. Free some space.")
            : Good(check, found);
    }

    private async Task<Finding> Database(CancellationToken ct)
    {
        const string check = "database";
        if (data.Engine == Engine.Sqlite && !File.Exists(data.SqliteFile))
            return Look(check, "No database yet.", "The first start makes it. If you expected data here, name its folder with --data DIR.");
        try
        {
            var pending = await services.GetRequiredService<Migrator>().Pending(ct);
            return pending.Count == 0
                ? Good(check, $"{data.Engine} answers and is at this program's version.")
                : Look(check, $"{data.Engine} answers; {pending.Count} migrations are not applied yet.",
                    "The next start applies them. Make a backup first: “stipend backup FILE”.");
        }
        catch (Refusal refusal)
        {
            return Bad(check, refusal.Message, null);
        }
        catch (Exception error) when (error is DbException || error.IsUnreachable)
        {
            return Bad(check, $"{data.Engine} cannot be used: {error.DatabaseMessage}", data.Engine == Engine.Postgres
                ? "Check --database or Stipend__Database, and that the server runs."
                : "The data file is damaged or not ours. Restore a backup: “stipend restore FILE --force”.");
        }
    }

    private async Task<Finding> Integrity(CancellationToken ct)
    {
        const string check = "data file";
        if (data.Engine == Engine.Postgres) return Good(check, "PostgreSQL looks after its own files.");
        if (!File.Exists(data.SqliteFile)) return Good(check, "None yet.");
        return await BackupReader.Fault(data.SqliteFile, ct) is { } fault
            ? Bad(check, fault, "Stop the site and restore a backup: “stipend restore FILE --force”.")
            : Good(check, "Its own check finds it whole.");
    }

    private Finding Time()
    {
        const string check = "clock";
        var now = services.GetRequiredService<Clock>().Now();
        return now < Instant.FromUtc(2024, 1, 1, 0, 0) || now > Instant.FromUtc(2100, 1, 1, 0, 0)
            ? Bad(check, $"It says {now}.", "Set the machine's clock (systemctl enable --now systemd-timesyncd): bills fall due by it.")
            : Good(check, $"It says {now}.");
    }

    private async Task<Finding> Mail(CancellationToken ct)
    {
        const string check = "mail";
        var mail = services.GetRequiredService<MailOptions>();
        if (mail.Fault() is { } fault) return Bad(check, fault, null);
        if (!mail.IsConfigured) return Look(check, "No mail server: mails stop in the mailbox at /dev/mailbox.",
            "Set Stipend__Mail__Host, __Username, __Password and __From before you go live.");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(s_patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(mail.Host!, mail.Port, patience.Token);
            using var reader = new StreamReader(client.GetStream());
            return await reader.ReadLineAsync(patience.Token) is ['2', '2', '0', ..]
                ? Good(check, $"{mail.Host}:{mail.Port} greets as a mail server.")
                : Bad(check, $"{mail.Host}:{mail.Port} does not greet as a mail server.",
                    "Check Stipend__Mail__Host and Stipend__Mail__Port; 587 is usual.");
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return Bad(check, $"{mail.Host}:{mail.Port} cannot be reached.",
                "Check Stipend__Mail__Host and Stipend__Mail__Port, and that no firewall is between.");
        }
    }

    private Finding Keys()
    {
        const string check = "keys";
        if (!Directory.Exists(data.KeysFolder) || Directory.GetFiles(data.KeysFolder, "*.xml").Length == 0)
            return File.Exists(data.SqliteFile)
                ? Bad(check, $"{data.KeysFolder} is empty, but there is data.",
                    "Bring the keys back from a backup: without them encrypted data cannot be read and everybody is signed out.")
                : Look(check, "No keys yet.", "The first start makes them.");
        try
        {
            var protector = services.GetRequiredService<IDataProtectionProvider>().CreateProtector("doctor");
            return protector.Unprotect(protector.Protect("ok")) == "ok" ? Good(check, "They can be read and used.")
                : Bad(check, "They do not work.", "Bring the keys back from a backup.");
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or XmlException)
        {
            return Bad(check, $"They cannot be used: {error.Message}",
                "Bring the keys back from a backup, and let only this user read them.");
        }
    }

    private Finding Address()
    {
        const string check = "public address";
        var site = services.GetRequiredService<SiteOptions>();
        if (site.PublicUrl is not { Length: > 0 } url) return Look(check,
            "Not set: links in mails lead to the address the site listens on.",
            "Set Stipend__Site__PublicUrl=https://your.domain before you go live.");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) return Bad(check,
            $"“{url}” is not an address.", "Write Stipend__Site__PublicUrl like https://your.domain.");
        return uri.Scheme == "https" || uri.IsLoopback ? Good(check, url)
            : Look(check, url, "Serve it over https: put a reverse proxy with a certificate in front (deploy/ has samples).");
    }

    private async Task<Finding> Payments(CancellationToken ct)
    {
        const string check = "payments";
        var stripe = services.GetRequiredService<StripeOptions>();
        if (!stripe.IsConfigured) return Look(check, "The test gateway: cards are make-believe and no money moves.",
            "To take real payments, set Stipend__Stripe__SecretKey: docs/how-to/take-real-payments.md.");
        if (stripe.Fault() is { } fault) return Bad(check, fault, null);
        if (services.GetRequiredService<SiteOptions>().PublicUrl is not { Length: > 0 })
            return Bad(check, "Stripe, which cannot send people back here.", "Set Stipend__Site__PublicUrl=https://your.domain.");
        if (string.IsNullOrWhiteSpace(stripe.WebhookSecret)) return Look(check, "Stripe, whose events are not taken.",
            "Set Stipend__Stripe__WebhookSecret: without it a payment that lost its answer waits for the next look at it.");
        if (await HasPlayMoney(ct)) return Look(check, "Stripe; but the real books also hold payments of the test gateway, which nobody ever received.",
            "They count as earned. Before creators are paid out, start again on an empty data folder, or leave out what those payments came to.");
        return stripe.IsTestMode
            ? Look(check, "Stripe in its test mode: no money moves.", "Before you go live, set the key that begins with sk_live_.")
            : Good(check, "Stripe takes the payments of the real books. Whether it accepts the key was not asked.");
    }

    private async Task<bool> HasPlayMoney(CancellationToken ct)
    {
        if (data.Engine == Engine.Sqlite && !File.Exists(data.SqliteFile)) return false;
        try
        {
            return await services.GetRequiredService<IReconciliation>().HasPlayMoney(ct);
        }
        catch (Exception error) when (error is DbException || error.IsUnreachable)
        {
            return false; // the database's own line says so
        }
    }

    private async Task<Finding> Runs(CancellationToken ct)
    {
        const string check = "billing runs";
        if (data.Engine == Engine.Sqlite && !File.Exists(data.SqliteFile)) return Good(check, "None yet.");
        try
        {
            var late = await services.GetRequiredService<IBillingRuns>().Overdue(ct);
            return late.Count == 0 ? Good(check, "None is late.")
                : Bad(check, $"{late.Count} should have closed by now; the first is of {Columns.Iso(late[0].BillOn)} in {late[0].ZoneId} and is {late[0].State}.",
                    "See that the site runs and its clock is right, then “stipend bill status” or Operator › Billing runs; a run in review waits for you.");
        }
        catch (Exception error) when (error is DbException or Refusal || error.IsUnreachable)
        {
            return Look(check, "They cannot be read now.", "See the database's line above.");
        }
    }

    private async Task<Finding> Backup(CancellationToken ct)
    {
        const string check = "backup";
        var file = Path.Combine(data.Folder, LastBackup.Name);
        if (!File.Exists(file))
            return File.Exists(data.SqliteFile) || data.Engine == Engine.Postgres
                ? Look(check, "None was made from here.", "Make one now and one every night: “stipend backup FILE”.")
                : Good(check, "Nothing to back up yet.");
        try
        {
            var last = JsonSerializer.Deserialize<LastBackup>(await File.ReadAllTextAsync(file, ct), Json.Options)!;
            var age = services.GetRequiredService<Clock>().Now() - last.At;
            return age > s_staleBackup
                ? Look(check, $"The last one is {age.TotalDays:N0} days old.", "Make one every night: “stipend backup FILE”.")
                : Good(check, $"The last one was made at {last.At}.");
        }
        catch (JsonException)
        {
            return Look(check, $"{file} cannot be read.", "Make a backup: “stipend backup FILE”.");
        }
    }

    private static Finding Good(string check, string found) => new(check, Health.Good, found, null);
    private static Finding Look(string check, string found, string what) => new(check, Health.Look, found, what);
    private static Finding Bad(string check, string found, string? what) => new(check, Health.Bad, found, what);
}
