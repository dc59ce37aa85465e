using System.Diagnostics;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace Stipend.Integration.DevTools;

/// <summary>Runs the commands of docs/how-to/pretend-a-month.md as they are printed there, as processes over one new data folder.</summary>
public sealed class PretendAMonthGuideTests
{
    [Fact]
    public async Task Every_command_of_the_guide_works_as_printed()
    {
        var folder = Directory.CreateTempSubdirectory("stipend-guide-").FullName;
        try
        {
            var commands = File.ReadLines(Guide()).Where(l => l.StartsWith("stipend ", StringComparison.Ordinal))
                .Select(l => l["stipend ".Length..]).ToList();
            commands.Count.ShouldBeGreaterThan(5);
            foreach (var command in commands)
            {
                var (code, output, error) = await Stipend(folder, command);
                code.ShouldBe(0, $"stipend {command}\n{output}\n{error}");
                if (command.StartsWith("demo", StringComparison.Ordinal)) LooksLikeTheDemo(output);
                if (command.Contains("--json", StringComparison.Ordinal))
                    JsonDocument.Parse(output).RootElement.ValueKind.ShouldBe(JsonValueKind.Object);
            }
            (await Stipend(folder, "demo")).Error.ShouldContain("in this data folder already");
            (await Stipend(folder, "sandbox advance --campaign no-such-page")).Error.ShouldContain("There is no campaign");
            (await Stipend(folder, "sandbox erase --campaign night-bus")).Error.ShouldContain("--yes");
            (await Stipend(folder, "sandbox advance")).Code.ShouldBe(2);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void LooksLikeTheDemo(string output)
    {
        foreach (var campaign in new[] { "/night-bus", "/paper-animals", "/field-notes", "/quiet-rooms" }) output.ShouldContain(campaign);
        output.ShouldContain("operator@example.com");
        output.ShouldNotContain("nothing earned");
    }

    private static async Task<(int Code, string Output, string Error)> Stipend(string folder, string arguments)
    {
        var start = new ProcessStartInfo("dotnet",
            $"\"{Path.Combine(AppContext.BaseDirectory, "stipend.dll")}\" {arguments} --data \"{folder}\"")
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    private static string Guide()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Stipend.slnx"))) root = root.Parent!;
        return Path.Combine(root.FullName, "docs", "how-to", "pretend-a-month.md");
    }
}
