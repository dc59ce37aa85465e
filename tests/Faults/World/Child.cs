using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Stipend.Faults.World;

/// <summary>The built program as a process of its own, on the clock of the test.</summary>
internal sealed class Child : IAsyncDisposable
{
    private const int Sigkill = 9, Sigcont = 18, Sigstop = 19, KeptLines = 40;
    private readonly Process _process;
    private readonly Queue<string> _lines = new();
    private readonly Dictionary<string, TaskCompletionSource<string>> _awaited = new(StringComparer.Ordinal);

    private bool _isDisposed;

    private Child(Process process) => _process = process;

    public bool HasExited => _isDisposed || _process.HasExited;

    /// <summary>Its last lines, for whoever must find out why it ended.</summary>
    public string Said
    {
        get { lock (_lines) return string.Join('\n', _lines); }
    }

    public static Child Start(SharedClock clock, IEnumerable<(string Name, string Value)> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "stipend.dll"), .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(SharedClock).Assembly.Location;
        start.Environment[SharedClock.Variable] = clock.File;
        foreach (var (name, value) in settings) start.Environment[name] = value;
        var process = new Process { StartInfo = start };
        var program = new Child(process);
        process.OutputDataReceived += (_, line) => program.Hear(line.Data);
        process.ErrorDataReceived += (_, line) => program.Hear(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return program;
    }

    /// <summary>The rest of the first line that begins so; fails when the program ends or says nothing for half a minute.</summary>
    public async Task<string> Line(string start)
    {
        TaskCompletionSource<string> waiting;
        lock (_lines)
        {
            if (_lines.FirstOrDefault(l => l.StartsWith(start, StringComparison.Ordinal)) is { } said) return said[start.Length..];
            if (!_awaited.TryGetValue(start, out waiting!))
                _awaited[start] = waiting = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        if (await Task.WhenAny(waiting.Task, _process.WaitForExitAsync(), Pause.For(30_000)) == waiting.Task) return await waiting.Task;
        throw new InvalidOperationException($"The program did not say “{start}”: {Said}");
    }

    /// <summary>kill -9: nothing of it runs any more when this returns.</summary>
    public async Task Kill()
    {
        Signal(Sigkill);
        await _process.WaitForExitAsync();
    }

    public void Stop() => Signal(Sigstop);
    public void Continue() => Signal(Sigcont);

    public async Task<int> End(int withinMs = 30_000)
    {
        if (await Task.WhenAny(_process.WaitForExitAsync(), Pause.For(withinMs)) is var first && !_process.HasExited)
        {
            await first;
            throw new TimeoutException($"The program does not end: {Said}");
        }
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        if (!_process.HasExited) await Kill();
        _process.Dispose();
    }

    private void Signal(int signal)
    {
        if (!_process.HasExited && kill(_process.Id, signal) != 0 && !_process.HasExited)
            throw new InvalidOperationException($"Signal {signal} could not be sent to {_process.Id}.");
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        lock (_lines)
        {
            _lines.Enqueue(line);
            while (_lines.Count > KeptLines) _lines.Dequeue();
            foreach (var (start, waiting) in _awaited)
                if (line.StartsWith(start, StringComparison.Ordinal)) waiting.TrySetResult(line[start.Length..]);
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);
}

/// <summary>Real time passing, the one place of it.</summary>
internal static class Pause
{
    public static Task For(int ms, CancellationToken ct = default) => Task.Delay(TimeSpan.FromMilliseconds(ms), TimeProvider.System, ct);

    /// <summary>Looks every few milliseconds until something is so; false when it is not in time.</summary>
    public static async Task<bool> Until(Func<Task<bool>> isSo, int withinMs, int everyMs = 25)
    {
        for (var left = withinMs; left > 0; left -= everyMs)
        {
            if (await isSo()) return true;
            await For(everyMs);
        }
        return await isSo();
    }
}
