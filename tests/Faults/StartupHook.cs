using System.Diagnostics;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Stipend.Faults.World;

/// <summary>
/// Runs inside the program under test before its Main (DOTNET_STARTUP_HOOKS), which is otherwise the program as built: its wall clock
/// becomes one the test moves, since a lease of minutes must run out forty times in a minute; and it ends when the test does.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(SharedClock.Variable) is not { Length: > 0 } file) return;
        new Thread(EndWithTheTest) { IsBackground = true }.Start();
        DiagnosticListener.AllListeners.Subscribe(new Listeners(new SharedClock(file)));
    }

    /// <summary>Nothing is ever written to the program's input: it ends when the process that would write it has ended.</summary>
    private static void EndWithTheTest()
    {
        using var input = Console.OpenStandardInput();
        while (input.ReadByte() >= 0)
        {
            // whatever it was, it was not the end
        }
        Process.GetCurrentProcess().Kill();
    }

    private sealed class Listeners(SharedClock clock) : IObserver<DiagnosticListener>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting") value.Subscribe(new Hosts(clock));
        }

        public void OnCompleted()
        {
            // listeners come as long as the program runs
        }

        public void OnError(Exception error) => throw error;
    }

    private sealed class Hosts(SharedClock clock) : IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "HostBuilding", Value: IHostBuilder host })
                host.ConfigureServices((_, services) =>
                {
                    services.AddSingleton<TimeProvider>(clock); // the last one counts
                    if (Environment.GetEnvironmentVariable(BadDisk.Variable) == "1") services.AddSingleton<IInterceptor>(new BadDisk(clock));
                });
        }

        public void OnCompleted()
        {
            // hosts are built as long as the program runs
        }

        public void OnError(Exception error) => throw error;
    }
}
