using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Imports.Model;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Imports;

/// <summary>The real command in a process of its own, killed without warning.</summary>
public sealed class KilledImportTests
{
    private const int Rows = 6_000;

    [Theory, OnEveryEngine]
    public async Task An_import_killed_in_the_middle_resumes_and_every_row_is_in_once(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-11-21");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var file = Generate(app);
        var kills = 0;
        for (var round = 0; round < 3; round++)
        {
            using var command = Start(app, file);
            var before = await Committed(app);
            while (!command.HasExited && await Committed(app) < before + 1_000) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            if (command.HasExited) break;
            command.Kill(entireProcessTree: true);
            await command.WaitForExitAsync();
            kills++;
        }
        kills.ShouldBeGreaterThan(0);

        using var last = Start(app, file);
        await last.WaitForExitAsync();
        last.ExitCode.ShouldBe(0, await last.StandardError.ReadToEndAsync());
        var members = await app.In(s => s.GetRequiredService<Db>().Set<Membership>().AsNoTracking().Where(m => m.CampaignId == campaign.Id)
            .Select(m => new { m.PersonId, m.AmountMinor }).ToListAsync());
        members.Count.ShouldBe(Rows);
        members.Select(m => m.PersonId).Distinct().Count().ShouldBe(Rows);
        members.Sum(m => m.AmountMinor).ShouldBe(Enumerable.Range(0, Rows).Sum(Amount));
        (await app.In(async s =>
        {
            await using var count = await s.GetRequiredService<Db>().Command("SELECT COUNT(*) FROM grant_entry");
            return Convert.ToInt32(await count.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
        })).ShouldBe(Rows);
        var import = await app.In(s => s.GetRequiredService<Db>().Set<Import>().AsNoTracking().SingleAsync());
        (import.Status, import.Imported).ShouldBe((ImportStatus.Done, (long)Rows));
    }

    private static long Amount(int i) => 300 + i % 7;

    private static string Generate(TestApp app)
    {
        var path = Path.Combine(app.DataFolder, "many.csv");
        var text = new StringBuilder("Name,Email,Patron Status,Lifetime Amount,Pledge Amount,Tier,Currency,Next Charge Date\n");
        for (var i = 0; i < Rows; i++)
            text.Append(CultureInfo.InvariantCulture,
                $"P {i},p{i}@example.org,Active patron,9.00,3.0{i % 7},Bronze,EUR,2027-12-01 12:00:00\n");
        File.WriteAllText(path, text.ToString());
        return path;
    }

    private static Process Start(TestApp app, string file)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        var program = Path.Combine(AppContext.BaseDirectory, "stipend.dll");
        foreach (var argument in (string[])[program, "import", "patreon", file, "--campaign", "ada", "--data", app.DataFolder])
            start.ArgumentList.Add(argument);
        if (app.Database is { } database)
        {
            start.ArgumentList.Add("--database");
            start.ArgumentList.Add(database);
        }
        return Process.Start(start)!;
    }

    private static Task<long> Committed(TestApp app) => app.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command("SELECT COALESCE(MAX(committed_rows), 0) FROM import");
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    });
}
