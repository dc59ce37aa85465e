using System.Diagnostics;

namespace Stipend.Support;

/// <summary>Runs the program as a process of its own, as an operator does.</summary>
public static class Cli
{
    /// <summary>What a command said and how it ended.</summary>
    public sealed record Ended(int Code, string Output, string Error);

    public static Task<Ended> Run(params string[] arguments) => Run([], arguments);

    /// <summary>Runs a command with settings in its environment, such as <c>Stipend__Mail__Host</c>.</summary>
    public static async Task<Ended> Run((string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "stipend.dll"), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new Ended(process.ExitCode, await output, await error);
    }
}
