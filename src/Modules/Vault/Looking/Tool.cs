using System.Diagnostics;

namespace Stipend.Vault.Looking;

/// <summary>The folders programs are looked for in, with colons between them.</summary>
internal sealed record Tools(string Folders);

/// <summary>A program of the machine that looks at people's files: bounded in time, memory and talk, and never needed.</summary>
internal sealed class Tool(string name, Tools tools, Clock clock)
{
    private const int MaxOutput = 1024 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Kilobytes of address space; a picture that needs more is shown as it is.</summary>
    private const int MemoryKb = 1024 * 1024;

    private readonly string? _path = tools.Folders.Split(':').Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists);

    public bool IsHere => _path is not null && !OperatingSystem.IsWindows();

    /// <summary>What it wrote to its output; null when it is not here, failed, took too long or wanted too much.</summary>
    public async Task<string?> Run(IReadOnlyList<string> arguments, CancellationToken ct)
    {
        if (!IsHere) return null;
        using var process = Process.Start(new ProcessStartInfo("/bin/sh",
            ["-c", $"ulimit -v {MemoryKb}; ulimit -t 60; exec nice -n 10 \"$0\" \"$@\" 2>/dev/null </dev/null", _path!, .. arguments]) { RedirectStandardOutput = true })!;
        using var late = new CancellationTokenSource(s_patience, clock.Provider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            var output = new char[MaxOutput];
            var length = await process.StandardOutput.ReadBlockAsync(output, stop.Token);
            if (length == MaxOutput) return null;
            await process.WaitForExitAsync(stop.Token);
            return process.ExitCode == 0 ? new string(output, 0, length) : null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
