using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;

namespace Stipend.Load;

/// <summary>Imports a generated members export by the command, as an operator would; time and peak memory of the process.</summary>
internal static class ImportBench
{
    public static async Task<int> Run(int rows)
    {
        var folder = Directory.CreateTempSubdirectory("stipend-bench-").FullName;
        await Seed(folder);
        var file = Path.Combine(folder, "members.csv");
        await File.WriteAllTextAsync(file, Csv(rows));
        var clock = Stopwatch.StartNew();
        using var process = Site.Command("import", "patreon", file, "--campaign", "bench", "--json", "--data", folder);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(200)) peak = Math.Max(peak, Site.PeakOf(process.Id));
        if (process.ExitCode != 0) Console.WriteLine(await errors);
        Console.WriteLine((await output)[..Math.Min(600, (await output).Length)]);
        Console.WriteLine($"import of {rows} rows: {clock.Elapsed.TotalSeconds:0.0} s with start = {rows / clock.Elapsed.TotalSeconds:0} rows/s; peak resident {peak / 1e6:0} MB; exit {process.ExitCode}");
        return process.ExitCode;
    }

    private static async Task Seed(string folder)
    {
        await using var app = SiteHost.Build(new SiteSettings { DataFolder = folder, RunsMessages = false, ServesPages = false },
            builder => builder.Logging.SetMinimumLevel(LogLevel.Error));
        await SiteHost.Prepare(app);
        await using var scope = app.Services.CreateAsyncScope();
        var owner = (await scope.ServiceProvider.GetRequiredService<IPeople>()
            .InviteMany([new NewPerson("ada@example.com", "Ada Marsh")])).Values.Single().Id;
        await scope.ServiceProvider.GetRequiredService<ICampaigns>().Create(
            new NewCampaign(owner, "bench", "Bench", "", "EUR", "Europe/Berlin", BillingModel.MonthlyUpfront, 1, true, true));
    }

    private static string Csv(int rows)
    {
        var csv = new StringBuilder("Name,Email,Discord,Patron Status,Follows You,Free Member,Free Trial,Lifetime Amount,Pledge Amount,Charge Frequency,Tier,Addressee,Street,City,"
            + "State,Zip,Country,Phone,Patronage Since Date,Last Charge Date,Last Charge Status,Additional Details,User ID,Last Updated,Currency,Max Posts,Access Expiration,"
            + "Next Charge Date,Full country name\r\n");
        for (var i = 0; i < rows; i++)
            csv.Append(null,
                $"Patron {i},patron{i}@example.org,,Active patron,No,No,No,108.00,{3 + i % 3 * 4}.00,monthly,Tier {i % 3},,,,,,,,2023-11-16 19:48:49.231776,2026-10-31 19:48:49,Paid,,{i},2026-11-20 10:00:00.111043,EUR,,,2026-12-24 12:00:00,\r\n");
        return csv.ToString();
    }
}
