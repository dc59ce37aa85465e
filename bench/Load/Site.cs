using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Stipend.Load;

/// <summary>The released program as a process, on a folder and a free port.</summary>
internal sealed class Site : IDisposable
{
    private readonly Process _process;

    private Site(Process process, string address, string? setupLink, TimeSpan startedIn) =>
        (_process, Address, SetupLink, StartedIn) = (process, address, setupLink, startedIn);

    public string Address { get; }
    public string? SetupLink { get; }

    /// <summary>From starting the process to the first page answered.</summary>
    public TimeSpan StartedIn { get; }

    /// <summary>Resident memory, bytes, as the kernel counts it.</summary>
    public long Resident => long.Parse(Regex.Match(File.ReadAllText($"/proc/{_process.Id}/status"), @"VmRSS:\s+(\d+)").Groups[1].Value, null) * 1024;

    /// <summary>Processor time used so far.</summary>
    public TimeSpan Busy
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>From here on the highest is counted anew.</summary>
    public void ForgetPeak() => File.WriteAllText($"/proc/{_process.Id}/clear_refs", "5");

    /// <summary>Highest resident memory so far, bytes.</summary>
    public long Peak => PeakOf(_process.Id);

    /// <summary>Highest resident memory of a process so far, bytes; 0 once it has ended.</summary>
    public static long PeakOf(int pid) =>
        Regex.Match(File.ReadAllText($"/proc/{pid}/status"), @"VmHWM:\s+(\d+)") is { Success: true } match
            ? long.Parse(match.Groups[1].Value, null) * 1024 : 0;

    /// <summary>The published program.</summary>
    public static string Program
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Stipend.slnx"))) folder = folder.Parent;
            var file = Path.Combine(folder?.FullName ?? ".", "artifacts", "stipend", "stipend.dll");
            return File.Exists(file) ? file : throw new FileNotFoundException("Build first: dotnet publish src/Stipend -c Release -o artifacts/stipend", file);
        }
    }

    public static Process Command(params string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [Program, .. arguments])
    {
        RedirectStandardOutput = true, RedirectStandardError = true,
    })!;

    public static async Task<Site> Start(string folder)
    {
        var address = $"http://127.0.0.1:{FreePort()}";
        var clock = Stopwatch.StartNew();
        var process = Command("serve", "--data", folder, "--urls", address);
        string? setup = null;
        process.OutputDataReceived += (_, line) => setup = line.Data is { } text && Regex.Match(text, @"http\S+/setup/\S+") is { Success: true } match ? match.Value : setup;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var client = new HttpClient();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(address);
                if (answer.StatusCode == HttpStatusCode.OK) break;
            }
            catch (HttpRequestException) when (!process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
            }
        }
        var started = clock.Elapsed;
        for (var i = 0; i < 40 && setup is null; i++) await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System,
            CancellationToken.None);
        return new Site(process, address, setup, started);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
