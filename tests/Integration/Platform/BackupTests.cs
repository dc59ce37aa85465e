using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Kernel;
using Stipend.Platform.Backups;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Platform;

public sealed class BackupTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stipend-backups-").FullName;

    private string At(string name) => Path.Combine(_folder, name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_backup_of_a_running_site_comes_back_whole_elsewhere()
    {
        await using var app = await WithData();
        (await Cli.Run("backup", At("one.tar.gz"), "--data", app.DataFolder)).Code.ShouldBe(0);
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(At("one.tar.gz")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        // The database goes first, so that whatever its copy names is looked for afterwards.
        using (var reader = new TarReader(new GZipStream(File.OpenRead(At("one.tar.gz")), CompressionMode.Decompress)))
            reader.GetNextEntry()!.Name.ShouldBe("stipend.db");

        var restored = await Cli.Run("restore", At("one.tar.gz"), "--data", At("new"));
        restored.Code.ShouldBe(0, restored.Error);
        Value(At("new"), "marker").ShouldBe("before");
        File.ReadAllText(At("new/files/a/picture.bin")).ShouldBe("bytes");
        Directory.GetFileSystemEntries(At("new")).Select(Path.GetFileName).ShouldNotContain(BackupReader.Staging);
        var doctor = await Cli.Run("doctor", "--data", At("new"), "--json");
        doctor.Output.ShouldContain("is at this program\\u0027s version");
    }

    [Fact]
    public async Task A_folder_with_data_is_replaced_only_when_forced_and_the_old_data_is_kept()
    {
        await using var app = await WithData();
        await Cli.Run("backup", At("one.tar.gz"), "--data", app.DataFolder);
        await Cli.Run("restore", At("one.tar.gz"), "--data", At("site"));
        Change(At("site"), "after");

        var refused = await Cli.Run("restore", At("one.tar.gz"), "--data", At("site"));
        refused.Code.ShouldBe(1);
        refused.Error.ShouldContain("--force");
        Value(At("site"), "marker").ShouldBe("after");

        var forced = await Cli.Run("restore", At("one.tar.gz"), "--data", At("site"), "--force");
        forced.Code.ShouldBe(0, forced.Error);
        Value(At("site"), "marker").ShouldBe("before");
        Value(Directory.GetDirectories(At("site"), ".before-restore-*").ShouldHaveSingleItem(), "marker").ShouldBe("after");
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("changed")]
    [InlineData("not a backup")]
    [InlineData("without manifest")]
    [InlineData("escaping")]
    [InlineData("broken database")]
    [InlineData("newer")]
    public async Task A_backup_that_is_not_sound_changes_nothing(string fault)
    {
        await using var app = await WithData();
        await Cli.Run("backup", At("good.tar.gz"), "--data", app.DataFolder);
        await Cli.Run("restore", At("good.tar.gz"), "--data", At("site"));
        Change(At("site"), "after");
        await Spoil(fault, app);

        var ended = await Cli.Run("restore", At("bad.tar.gz"), "--data", At("site"), "--force");
        ended.Code.ShouldBe(1);
        ended.Error.ShouldContain(fault == "newer" ? "newer program" : "cannot be used");
        Value(At("site"), "marker").ShouldBe("after");
        Directory.Exists(At("site/" + BackupReader.Staging)).ShouldBeFalse();
        File.Exists(At("escaped")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_restore_killed_while_moving_blocks_the_start_and_the_next_one_mends_it()
    {
        await using var app = await WithData();
        await Cli.Run("backup", At("one.tar.gz"), "--data", app.DataFolder);
        await Cli.Run("restore", At("one.tar.gz"), "--data", At("site"));
        Change(At("site"), "after");
        // as if killed after the old data was moved aside and before the new came in
        Directory.CreateDirectory(At("site/.restoring/new"));
        Directory.CreateDirectory(At("site/.before-restore-1"));
        foreach (var file in Directory.GetFiles(At("site"), "stipend.db*")) File.Move(file,
            At("site/.before-restore-1/" + Path.GetFileName(file)));

        (await Cli.Run("migrate", "--data", At("site"))).Error.ShouldContain("interrupted");
        var again = await Cli.Run("restore", At("one.tar.gz"), "--data", At("site"), "--force");
        again.Code.ShouldBe(0, again.Error);
        Value(At("site"), "marker").ShouldBe("before");
        Value(Directory.GetDirectories(At("site"), ".before-restore-*").ShouldHaveSingleItem(), "marker").ShouldBe("after");
    }

    [Fact]
    public async Task Wrong_requests_are_told_what_to_do()
    {
        await using var app = await WithData();
        (await Cli.Run("backup", At("x.tar.gz"), "--data", At("nowhere"))).Error.ShouldContain("no data file");
        Directory.Exists(At("nowhere")).ShouldBeFalse();
        await Cli.Run("backup", At("one.tar.gz"), "--data", app.DataFolder);
        (await Cli.Run("backup", At("one.tar.gz"), "--data", app.DataFolder)).Error.ShouldContain("never overwritten");
        (await Cli.Run("restore", At("none.tar.gz"), "--data", At("new"))).Code.ShouldBe(1);
        Directory.Exists(At("new")).ShouldBeFalse();
        (await Cli.Run("backup")).Code.ShouldBe(2);
    }

    [Fact]
    public async Task A_folder_in_use_is_not_restored_over()
    {
        await using var app = await WithData();
        await Cli.Run("backup", At("one.tar.gz"), "--data", app.DataFolder);
        Directory.CreateDirectory(At("site"));
        using var held = new DataFolder(new DataOptions { Folder = At("site") });
        var ended = await Cli.Run("restore", At("one.tar.gz"), "--data", At("site"), "--force");
        ended.Code.ShouldBe(1);
        ended.Error.ShouldContain($"process {Environment.ProcessId}");
    }

    private async Task Spoil(string fault, TestApp app)
    {
        var bytes = await File.ReadAllBytesAsync(At("good.tar.gz"));
        switch (fault)
        {
            case "truncated":
                await File.WriteAllBytesAsync(At("bad.tar.gz"), bytes[..(bytes.Length / 2)]);
                break;
            case "not a backup":
                await File.WriteAllTextAsync(At("bad.tar.gz"), "hello");
                break;
            case "newer":
                await app.In(s =>
                    s.GetRequiredService<Db>().Execute("INSERT INTO schema_migration VALUES ('platform', '0999_future', 'x', 1)"));
                await Cli.Run("backup", At("bad.tar.gz"), "--data", app.DataFolder);
                break;
            default:
                Repack(fault);
                break;
        }
    }

    /// <summary>Writes the good archive again with one thing wrong.</summary>
    private void Repack(string fault)
    {
        using var reader = new TarReader(new GZipStream(File.OpenRead(At("good.tar.gz")), CompressionMode.Decompress));
        using var writer = new TarWriter(new GZipStream(File.Create(At("bad.tar.gz")), CompressionLevel.Fastest));
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.Name == "manifest.json" && fault == "without manifest") continue;
            if (entry.Name == "files/a/picture.bin"
                && fault == "changed") entry.DataStream = new MemoryStream(Encoding.ASCII.GetBytes("bites"));
            if (entry.Name == "stipend.db" && fault == "broken database") entry.DataStream = new MemoryStream(new byte[8192]);
            writer.WriteEntry(entry);
        }
        if (fault == "escaping") writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile,
            "../../../escaped") { DataStream = new MemoryStream([1]) });
    }

    private static async Task<TestApp> WithData()
    {
        var app = await TestApp.Start(Engine.Sqlite);
        await app.In(s => s.GetRequiredService<Db>().Execute("INSERT INTO setting (name, value) VALUES ('marker', 'before')"));
        Directory.CreateDirectory(Path.Combine(app.DataFolder, "files/a"));
        await File.WriteAllTextAsync(Path.Combine(app.DataFolder, "files/a/picture.bin"), "bytes");
        return app;
    }

    private static string? Value(string folder, string name) => Sql(folder, $"SELECT value FROM setting WHERE name = '{name}'") as string;

    private static void Change(string folder, string value) => Sql(folder, $"UPDATE setting SET value = '{value}' WHERE name = 'marker'");

    private static object? Sql(string folder, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "stipend.db")};Mode=ReadWrite;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
