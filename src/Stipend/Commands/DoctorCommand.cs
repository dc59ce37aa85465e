using System.CommandLine;
using System.Text.Json;
using Stipend.Platform.Messaging;

namespace Stipend.Commands;

/// <summary><c>stipend doctor</c>: looks at the installation without changing it, and says what to do.</summary>
internal static class DoctorCommand
{
    public static Command Build()
    {
        var json = new Option<bool>("--json") { Description = "Write JSON" };
        var command = new Command("doctor",
            "Check the installation and say what to do; changes nothing") { json };
        command.SetAction((parsed, ct) => CliHost.Guard(parsed, async () =>
        {
            var settings = CliHost.Settings(parsed);
            var data = CliHost.DataOf(settings);
            await using var app = SiteHost.Build(settings, builder => builder.Logging.SetMinimumLevel(LogLevel.None));
            await using var scope = app.Services.CreateAsyncScope();
            var findings = await new Doctor(scope.ServiceProvider, data).Examine(ct);
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(findings, Json.Options));
            else Print(findings);
            return findings.Any(f => f.Status == Health.Bad) ? ExitCode.Refused : ExitCode.Ok;
        }));
        return command;
    }

    private static void Print(IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
        {
            Console.WriteLine($"{finding.Status switch { Health.Good => "ok  ", Health.Look => "look", _ => "BAD " }}  {finding.Check,-16} {finding.Found}");
            if (finding.Do is not null) Console.WriteLine($"{"",23}{finding.Do}");
        }
        var bad = findings.Count(f => f.Status == Health.Bad);
        Console.WriteLine(bad == 0 ? "The site can run."
            : $"{bad} thing{(bad == 1 ? "" : "s")} must be mended before the site can run well.");
    }
}

/// <summary>How a check came out: as it should be, worth a look, or in the way.</summary>
internal enum Health { Good, Look, Bad }

/// <summary>One check: what was found and, unless all is well, what to do.</summary>
internal sealed record Finding(string Check, Health Status, string Found, string? Do);
