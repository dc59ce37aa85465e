using System.CommandLine;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Commands;

/// <summary>Serves the site; what <c>stipend</c> does without a command.</summary>
internal static class ServeCommand
{
    private static readonly Option<string[]> s_urls = new("--urls")
    {
        Description = "Addresses to listen on",
        DefaultValueFactory = _ => (Environment.GetEnvironmentVariable("ASPNETCORE_URLS") ?? "http://localhost:5000").Split(';'),
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string> s_role = new("--role")
    {
        Description = "What this process does: all (pages and jobs), web (pages only) or worker (jobs only; PostgreSQL)",
        DefaultValueFactory = _ => "all",
        CustomParser = Values.Word("--role", "all", "web", "worker"),
    };

    public static Command Build()
    {
        var command = new Command("serve", "Serve the site (the default)") { s_urls, s_role };
        command.SetAction(Serve);
        return command;
    }

    /// <summary>Also the root's action: the same options there.</summary>
    public static void AddTo(RootCommand root)
    {
        root.Options.Add(s_urls);
        root.Options.Add(s_role);
        root.SetAction(Serve);
    }

    private static Task<int> Serve(ParseResult parsed, CancellationToken ct) => CliHost.Guard(parsed, async () =>
    {
        var role = parsed.GetValue(s_role);
        var settings = CliHost.Settings(parsed) with { Urls = parsed.GetValue(s_urls)!, RunsMessages = role != "web", ServesPages = true };
        if (role != "all" && settings.Database is null) throw Refusal.Invalid("role_needs_postgres",
            "Roles are for several processes, which need PostgreSQL. Give --database.");
        foreach (var url in settings.Urls) Listening.Check(url);
        using var folder = settings.Database is null ? new DataFolder(CliHost.DataOf(settings)) : null;
        await using var app = SiteHost.Build(settings);
        await Task.WhenAll(SiteHost.WarmUp(app), SiteHost.Prepare(app, ct));
        if (folder is not null) await SiteHost.TakeOver(app, ct);
        await Listening.On(settings.Urls, () => Start(app, ct));
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var site = app.Services.GetRequiredService<SiteOptions>();
        site.PublicUrl ??= address.Replace("[::]", "localhost").Replace("0.0.0.0", "localhost");
        Console.WriteLine($"{site.Name} is at {site.PublicUrl}");
        foreach (var greeting in app.Services.GetServices<IGreeting>()) await greeting.Greet(Console.Out, ct);
        _ = GiveBack(ct);
        await app.WaitForShutdownAsync(ct);
        return ExitCode.Ok;
    });

    private static async Task Start(WebApplication app, CancellationToken ct)
    {
        try
        {
            await app.StartAsync(ct);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            await app.StopAsync(ct); // what runs in the background has begun before the address turned out to be taken
            throw;
        }
    }

    /// <summary>Starting makes much that nothing needs again; one full collection after it gives that memory back to the machine.</summary>
    private static async Task GiveBack(CancellationToken ct)
    {
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
