using System.Diagnostics;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace Stipend.Integration;

/// <summary>Programs of others for Node.js, in <c>tests/Clients</c>.</summary>
internal static class Node
{
    private static readonly Lazy<Task<string?>> s_clients = new(Prepare);

    /// <summary>The folder with the programs in it, installed; a test that asks is skipped where there is no Node.js, and fails so in CI.</summary>
    public static async Task<string> Clients()
    {
        if (await s_clients.Value is { } folder) return folder;
        Environment.GetEnvironmentVariable("CI").ShouldNotBe("true", "Node.js is needed in CI");
        Assert.Skip("There is no Node.js on this machine.");
        return "";
    }

    /// <summary>Runs a script that prints a line per check, and expects so many, all well.</summary>
    public static async Task Passes(string script, int checks, object input)
    {
        var ran = (await Run("node", await Clients(), JsonSerializer.Serialize(input), script))!;
        var lines = ran.Output.Split('\n').Where(l => l.StartsWith("ok ", StringComparison.Ordinal) || l.StartsWith("not ok ", StringComparison.Ordinal))
            .ToList(); // clients talk, too
        lines.Where(l => !l.StartsWith("ok ", StringComparison.Ordinal)).ShouldBeEmpty(ran.Errors);
        lines.Count.ShouldBe(checks, ran.Errors);
    }

    private static async Task<string?> Prepare()
    {
        var folder = Folder();
        if (await Run("node", folder, null, "--version") is not { Code: 0 }) return null;
        using var package = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "package.json")));
        if (!package.RootElement.GetProperty("dependencies").EnumerateObject().All(d => Directory.Exists(Path.Combine(folder, "node_modules", d.Name))))
            (await Run("npm", folder, null, "ci", "--ignore-scripts", "--no-audit", "--no-fund"))!.Code.ShouldBe(0);
        return folder;
    }

    private sealed record Ended(int Code, string Output, string Errors);

    private static async Task<Ended?> Run(string program, string folder, string? input, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            await process.WaitForExitAsync(limit.Token);
            return new Ended(process.ExitCode, await output, await errors);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // there is no such program
        }
    }

    private static string Folder()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Stipend.slnx"))) root = root.Parent!;
        return Path.Combine(root.FullName, "tests", "Clients");
    }
}
