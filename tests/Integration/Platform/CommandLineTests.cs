using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Shouldly;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Platform;

/// <summary>What somebody meets who types a command wrongly: one sentence, the right exit code, and nothing half done.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stipend-commands-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("“stipend” knows no “backp”. Did you mean “backup”?", "backp")]
    [InlineData("“stipend bill” needs one of preview, run, status, reconcile.", "bill")]
    [InlineData("“2026-13-01” is not a date.", "bill", "preview", "--date", "2026-13-01")]
    [InlineData("“huge” is not right for --size", "demo", "--size", "huge")]
    public async Task A_wrong_command_line_is_told_in_one_sentence_and_names_the_help(string says, params string[] arguments)
    {
        var ended = await Cli.Run([.. arguments, "--data", At("none")]);
        ended.Code.ShouldBe(2);
        ended.Output.ShouldBeEmpty();
        ended.Error.ShouldStartWith($"stipend: {says}");
        ended.Error.ShouldEndWith("--help”.\n");
        ended.Error.Trim().ShouldNotContain("\n");
        Directory.Exists(At("none")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_mistyped_folder_does_not_become_a_new_site_and_a_script_reads_why()
    {
        var ended = await Cli.Run("bill", "status", "--json", "--data", At("typo"));
        ended.Code.ShouldBe(1);
        ended.Error.ShouldStartWith("stipend: There is no data file in");
        var error = JsonDocument.Parse(ended.Output).RootElement.GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("no_data");
        error.GetProperty("message").GetString()!.ShouldContain("--data DIR");
        Directory.Exists(At("typo")).ShouldBeFalse();
    }

    [Fact]
    public async Task Files_and_databases_that_cannot_be_used_are_sentences_not_traces()
    {
        Directory.CreateDirectory(At("ill"));
        await File.WriteAllTextAsync(At("ill/stipend.db"), new string('x', 8192));
        await IsRefused("The data file is damaged", "migrate", "--data", At("ill"));
        await IsRefused("--data names no folder", "migrate", "--data", "");
        await IsRefused("--database (or Stipend__Database) is not a connection string", "migrate", "--data", At("pg"), "--database", "secret");
        await IsRefused("is a folder", "restore", _folder, "--data", At("new"));
        await IsRefused("cannot be used", "restore", At("ill/stipend.db"), "--data", At("new"));
        Directory.Exists(At("new")).ShouldBeFalse();
    }

    [Fact]
    public async Task An_address_that_is_taken_or_none_is_told_before_anything_is_served()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await IsRefused("Something else listens on", "serve", "--data", At("site"), "--urls", $"http://127.0.0.1:{port}");
        await IsRefused("“http://club.example.net:5000” is not an address of this machine", "serve", "--data", At("site"), "--urls",
            "http://club.example.net:5000");
    }

    private string At(string name) => Path.Combine(_folder, name);

    private static async Task IsRefused(string says, params string[] arguments)
    {
        var ended = await Cli.Run(arguments);
        ended.Code.ShouldBe(1, ended.Error);
        ended.Output.ShouldBeEmpty();
        ended.Error.ShouldStartWith("stipend: ");
        ended.Error.ShouldContain(says);
        ended.Error.ShouldNotContain("secret");
        ended.Error.Trim().ShouldNotContain("\n");
    }
}
