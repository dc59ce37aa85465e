using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Platform;

public sealed class DoctorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stipend-doctor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Before_the_first_start_it_says_so_and_makes_nothing()
    {
        var missing = Path.Combine(_folder, "not-yet");
        var (code, findings) = await Examine([], missing);
        code.ShouldBe(0);
        findings["data folder"].Status.ShouldBe("look");
        findings["database"].Status.ShouldBe("look");
        Directory.Exists(missing).ShouldBeFalse();
    }

    [Fact]
    public async Task A_sound_installation_passes_with_its_backup_and_its_mail_server()
    {
        await using var sink = new SmtpSink();
        var site = Path.Combine(_folder, "site");
        (await Cli.Run("migrate", "--data", site)).Code.ShouldBe(0);
        (await Cli.Run("backup", Path.Combine(_folder, "b.tar.gz"), "--data", site)).Code.ShouldBe(0);
        var (code, findings) = await Examine(
            [("Stipend__Mail__Host", "127.0.0.1"), ("Stipend__Mail__Port", sink.Port.ToString()),
                ("Stipend__Site__PublicUrl", "https://club.example.net")], site);
        foreach (var name in new[] { "data folder", "database", "data file", "clock", "mail", "keys", "public address", "billing runs", "backup" })
            findings[name].Status.ShouldBe("good", $"{name}: {findings[name].Found}");
        findings["payments"].Status.ShouldBe("look");
        code.ShouldBe(0);
    }

    [Theory]
    [InlineData("Stipend__Mail__Host", "127.0.0.1", "mail", "587")] // nobody listens at 587 here
    [InlineData("Stipend__Mail__Port", "465", "mail", "STARTTLS")]
    [InlineData("Stipend__Site__PublicUrl", "club.example.net", "public address", "https://")]
    [InlineData("Stipend__Stripe__SecretKey", "pk_live_of_a_page", "payments", "is not a secret key")]
    [InlineData("Stipend__Stripe__SecretKey", "sk_live_canary", "payments", "Stipend__Site__PublicUrl")]
    public async Task A_wrong_setting_is_named_with_what_to_do(string name, string value, string check, string says)
    {
        var (code, findings) = await Examine([(name, value), .. name.EndsWith("Port", StringComparison.Ordinal)
            ? new[] { ("Stipend__Mail__Host", "127.0.0.1") } : []], _folder);
        code.ShouldBe(1);
        findings[check].Status.ShouldBe("bad");
        (findings[check].Found + findings[check].Do).ShouldContain(says);
    }

    [Fact]
    public async Task Lost_keys_a_damaged_file_and_a_database_ahead_are_found()
    {
        var site = Path.Combine(_folder, "site");
        await Cli.Run("migrate", "--data", site);
        File.Exists(Path.Combine(site, "stipend.db-wal")).ShouldBeFalse("a site that has ended is one file");
        foreach (var key in Directory.GetFiles(Path.Combine(site, "keys"))) File.Delete(key);
        (await Examine([], site)).Findings["keys"].Status.ShouldBe("bad");

        var file = Path.Combine(site, "stipend.db");
        await using (var app = await TestApp.Start(Engine.Sqlite))
        {
            await app.In(s =>
                s.GetRequiredService<Db>().Execute("INSERT INTO schema_migration VALUES ('platform', '0999_future', 'x', 1)"));
            var ahead = await Examine([], app.DataFolder);
            ahead.Code.ShouldBe(1);
            ahead.Findings["database"].Found.ShouldContain("0999_future");
        }
        await File.WriteAllBytesAsync(file, new byte[8192]);
        var damaged = await Examine([], site);
        damaged.Code.ShouldBe(1);
        damaged.Findings["data file"].Status.ShouldBe("bad");
        damaged.Findings["data file"].Do.ShouldNotBeNull().ShouldContain("stipend restore");
    }

    [Fact]
    public async Task An_unreachable_server_is_told_in_a_sentence()
    {
        var ended = await Cli.Run("doctor", "--data", _folder, "--database", "Host=127.0.0.1;Port=1;Database=x;Username=x;Timeout=2");
        ended.Code.ShouldBe(1);
        ended.Output.ShouldContain("Stipend__Database");
        ended.Output.ShouldContain("must be mended");

        var other = await Cli.Run("migrate", "--data", _folder, "--database", "Host=127.0.0.1;Port=1;Database=x;Username=x;Timeout=2");
        other.Code.ShouldBe(1);
        other.Error.ShouldStartWith("stipend: The database cannot be used");
        other.Error.Trim().ShouldNotContain("\n");
    }

    private sealed record Finding(string Check, string Status, string Found, string? Do);

    private static async Task<(int Code, Dictionary<string, Finding> Findings)> Examine((string, string)[] environment, string folder)
    {
        var ended = await Cli.Run(environment, "doctor", "--json", "--data", folder);
        ended.Output.ShouldNotBeEmpty(ended.Error);
        var findings = JsonSerializer.Deserialize<List<Finding>>(ended.Output, JsonSerializerOptions.Web)!;
        return (ended.Code, findings.ToDictionary(f => f.Check));
    }
}
