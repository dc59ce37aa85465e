using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Integration.Posts;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.Vault.Contracts;
using Xunit;

namespace Stipend.Integration.Vault;

public sealed class ScrubTests
{
    [Theory, OnEveryEngine]
    public async Task A_scrub_finds_each_damage_names_the_files_and_an_upload_of_the_same_bytes_mends_it(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var post = await stage.Publishes("One", "x");
        for (var i = 1; i <= 3; i++) await Files.Upload(stage.Ada, post, $"{i}.mp3", Files.Mp3(i));
        (await Scrub(stage)).ShouldSatisfyAllConditions(r => r.Objects.ShouldBe(3), r => r.Bytes.ShouldBe(3 * 5005), r => r.Findings.ShouldBeEmpty());
        var first = await At(stage, "1.mp3");
        using (var file = new FileStream(first, FileMode.Open)) // one bit, the size stays
        {
            file.Position = 777;
            var was = file.ReadByte();
            file.Position = 777;
            file.WriteByte((byte)(was ^ 1));
        }
        File.Delete(await At(stage, "2.mp3"));
        var orphan = Path.Combine(stage.App.DataFolder, "vault", "objects", "1", "orphan");
        Directory.CreateDirectory(Path.GetDirectoryName(orphan)!);
        await File.WriteAllTextAsync(orphan, "nobody's");
        File.SetLastWriteTimeUtc(orphan, stage.App.Time.Now.ToDateTimeUtc().AddDays(-3));
        var report = await Scrub(stage, removeOrphans: true);
        report.Passed.ShouldBeFalse();
        report.Findings.Select(f => $"{f.Fault} {string.Join(',', f.Files)}").ShouldBe(["damaged 1.mp3", "missing 2.mp3", "orphan "], ignoreOrder: true);
        File.Exists(orphan).ShouldBeFalse();

        await Files.Upload(stage.Ada, post, "1 again.mp3", Files.Mp3(1));
        await Files.Upload(stage.Ada, post, "2 again.mp3", Files.Mp3(2));
        (await Scrub(stage)).Findings.ShouldBeEmpty();
        (await stage.Count("vault_blob")).ShouldBe(3);
    }

    [Fact]
    public async Task The_command_says_it_in_words_and_ends_with_one()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite);
        var post = await stage.Publishes("One", "x");
        await Files.Upload(stage.Ada, post, "1.mp3", Files.Mp3());
        var folder = stage.App.DataFolder;
        (await Cli.Run("vault", "scrub", "--data", folder)).ShouldSatisfyAllConditions(e => e.Code.ShouldBe(0, e.Error), e => e.Output.ShouldContain("Every file is what was taken in."));
        File.Delete(await At(stage, "1.mp3"));
        (await Cli.Run("vault", "scrub", "--data", folder)).ShouldSatisfyAllConditions(e => e.Code.ShouldBe(1), e => e.Output.ShouldContain("missing"), e => e.Output.ShouldContain("(1.mp3)"));
        (await Cli.Run("vault", "move", "ada-makes", "--to", "moon", "--data", folder)).ShouldSatisfyAllConditions(e => e.Code.ShouldBe(1), e => e.Error.ShouldContain("only disk"));
    }

    [Fact]
    public async Task A_backup_has_the_files_and_not_what_was_on_its_way()
    {
        var away = Directory.CreateTempSubdirectory("stipend-backups-").FullName;
        await using var stage = await PostStage.Start(Engine.Sqlite);
        await Files.Upload(stage.Ada, await stage.Publishes("One", "x"), "1.mp3", Files.Mp3());
        await File.WriteAllTextAsync(Path.Combine(stage.App.DataFolder, "vault", "incoming", "7.partial"), "half");
        var (archive, restored) = (Path.Combine(away, "one.tar.gz"), Path.Combine(away, "site"));
        (await Cli.Run("backup", archive, "--data", stage.App.DataFolder)).Code.ShouldBe(0);
        (await Cli.Run("restore", archive, "--data", restored)).Code.ShouldBe(0);
        Directory.Exists(Path.Combine(restored, "vault", "incoming")).ShouldBeFalse();
        (await Cli.Run("vault", "scrub", "--data", restored)).ShouldSatisfyAllConditions(e => e.Code.ShouldBe(0, e.Error), e => e.Output.ShouldContain("Read 1 objects"));
        Directory.Delete(away, recursive: true);
    }

    private static Task<ScrubReport> Scrub(PostStage stage, bool removeOrphans = false) =>
        stage.App.In(s => s.GetRequiredService<IVaultKeeping>().Scrub(null, removeOrphans));

    private static async Task<string> At(PostStage stage, string name) => Path.Combine(stage.App.DataFolder, "vault", "objects",
        (await stage.Scalar<string>($"SELECT object_key FROM vault_blob b JOIN vault_file f ON f.blob_id = b.id WHERE f.name = '{name}'"))!);
}
