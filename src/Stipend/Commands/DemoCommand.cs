using System.CommandLine;
using Stipend.DevTools.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Commands;

/// <summary>Fills a new data folder with a seeded world worth looking at, or one worth measuring.</summary>
internal static class DemoCommand
{
    private static readonly Option<string> s_size = new("--size")
    {
        Description = "small: four creators with months of history; large: one campaign with 12,000 members, for measuring",
        DefaultValueFactory = _ => "small",
        CustomParser = Values.Word("--size", "small", "large"),
    };

    private static readonly Option<int> s_seed = new("--seed")
        {
            Description = "The same seed makes the same world",
            DefaultValueFactory = _ => 1,
            CustomParser = Values.Whole("--seed", 0, int.MaxValue),
        };
    private static readonly Option<bool> s_force =
        new("--force") { Description = "Add the demo even if the folder has people in it already" };

    public static Command Build()
    {
        var command = new Command("demo", "Fill a new data folder with creators, members, posts and months of history")
            { s_size, s_seed, s_force };
        command.SetAction((parsed, ct) => CliHost.Run(parsed, (services, stop) => Fill(services, parsed, stop), makesSite: true, ct));
        return command;
    }

    private static async Task<int> Fill(IServiceProvider services, ParseResult parsed, CancellationToken ct)
    {
        var size = parsed.GetValue(s_size) == "large" ? DemoSize.Large : DemoSize.Small;
        var report = await services.GetRequiredService<IDemo>()
            .Fill(new DemoOrder(size, parsed.GetValue(s_seed), parsed.GetValue(s_force)), new Told(), ct);
        await CliHost.Drain(services, ct);
        Print(report, parsed);
        return ExitCode.Ok;
    }

    private static void Print(DemoReport report, ParseResult parsed)
    {
        Console.WriteLine("The demo is ready. Its campaigns are in sandboxes: test money only, each on a clock of its own.");
        Console.WriteLine();
        foreach (var c in report.Campaigns)
        {
            var earned = string.Join(", ", c.Money.Select(m => new Money(m.EarnedMinor, Currency.Of(m.Currency)).ToString()));
            Console.WriteLine($"  /{c.Vanity,-16} {c.Name}: {c.Paid} paying members, {c.Declined} declined, "
                + $"{(earned.Length == 0 ? "nothing" : earned)} earned; its clock shows {Columns.Iso(c.Now.InUtc().Date)}");
        }
        Console.WriteLine();
        Console.WriteLine("Sign in with (for looking around on your own machine only):");
        foreach (var account in report.Accounts) Console.WriteLine($"  {account.Role,-9} {account.Email,-22} {account.Password}");
        Console.WriteLine();
        Console.WriteLine($"Start the site:    stipend serve --data {parsed.GetValue(CliHost.Data)}");
        Console.WriteLine("Then look at /dashboard as the creator (“Pretend a month” is on the Sandbox tab), "
            + "/memberships and /billing as the member, and /operator as the operator.");
    }

    private sealed class Told : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine(value);
    }
}
