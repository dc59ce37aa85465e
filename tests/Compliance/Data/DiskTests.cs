using System.Data.Common;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Compliance.Messaging;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Support;
using Xunit;

namespace Stipend.Compliance.Data;

public sealed class DiskTests
{
    [Fact]
    public async Task A_full_disk_is_told_in_a_sentence_keeps_nothing_half_done_and_is_got_over()
    {
        var disk = new SmallDisk();
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b => b.Services.AddSingleton<IInterceptor>(disk), map: routes =>
            routes.MapPost("/test/fill", async (Db db) =>
            {
                await using var transaction = await db.BeginWrite();
                for (var i = 0; i < 50; i++) await db.Execute("INSERT INTO setting (name, value) VALUES (@name, @value)", default,
                    ("name", $"n{i}"), ("value", new string('x', 10_000)));
                await transaction.Commit();
                return Results.Text("filled");
            }).AllowAnyone());
        disk.IsFull = true;
        using var client = app.Client();
        var answer = await client.PostAsync("/test/fill", null);
        ((int)answer.StatusCode).ShouldBe(507);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("The disk of this site is full or read-only, so nothing was saved.");

        disk.IsFull = false;
        (await app.Column("SELECT name FROM setting WHERE name LIKE 'n%' AND length(value) = 10000")).ShouldBeEmpty();
        (await client.PostAsync("/test/fill", null)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public void A_second_process_on_the_folder_is_refused_with_the_firsts_number()
    {
        var folder = Directory.CreateTempSubdirectory("stipend-folder-").FullName;
        try
        {
            // Another process, because a lock never stands in its own process's way: flock from a shell, holding as the site does.
            File.WriteAllText(Path.Combine(folder, "stipend.pid"), "4242");
            using var holder = Process.Start(new ProcessStartInfo("flock",
                ["-x", Path.Combine(folder, "stipend.lock"), "sh", "-c", "echo held; read wait"])
            { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            holder.StandardOutput.ReadLine().ShouldBe("held");
            var refusal = Should.Throw<Refusal>(() => new DataFolder(new DataOptions { Folder = folder }));
            refusal.Code.ShouldBe("data_folder_in_use");
            refusal.Message.ShouldContain("(process 4242)");

            holder.StandardInput.WriteLine();
            holder.WaitForExit();
            using (new DataFolder(new DataOptions { Folder = folder }))
                File.ReadAllText(Path.Combine(folder, "stipend.pid")).ShouldBe(Environment.ProcessId.ToString());
            File.Exists(Path.Combine(folder, "stipend.pid")).ShouldBeFalse();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_new_data_folder_is_for_its_user_alone_and_a_file_in_its_place_is_refused()
    {
        var parent = Directory.CreateTempSubdirectory("stipend-folder-").FullName;
        try
        {
            var folder = Path.Combine(parent, "data");
            using (new DataFolder(new DataOptions { Folder = folder }))
                if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(folder)
                    .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var file = Path.Combine(parent, "file");
            File.WriteAllText(file, "");
            Should.Throw<Refusal>(() => new DataFolder(new DataOptions { Folder = file })).Message.ShouldContain("--data DIR");
        }
        finally
        {
            Directory.Delete(parent, recursive: true);
        }
    }

    /// <summary>A disk with no page to spare, on command.</summary>
    private sealed class SmallDisk : DbConnectionInterceptor
    {
        public bool IsFull { get; set; }

        public override DbConnection ConnectionCreated(ConnectionCreatedEventData eventData, DbConnection result)
        {
            ((SqliteSession)result).StaysOpen = false; // the next opening sees the disk as it is then
            return result;
        }

        public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData,
            CancellationToken cancellationToken = default)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = IsFull ? "PRAGMA max_page_count = 1" : "PRAGMA max_page_count = 1000000"; // never below what the file has
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
