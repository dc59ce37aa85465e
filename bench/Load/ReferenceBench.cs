using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Stipend.Load;

/// <summary>The run beside a reference stack's payday, idiomatic and bulked by hand, in turns (B3).</summary>
internal static class ReferenceBench
{
    private const int Few = 4_000, Many = 40_000;

    public static async Task<int> Run(string folder, bool postgres)
    {
        using var places = await Places.On(postgres);
        var ours = new List<double>();
        var (idiomatic, bulk) = (0.0, 0.0);
        for (var round = 0; round < 2; round++)
        {
            var place = await places.New();
            await using (var world = await RunWorld.Create(100_000, place)) ours.Add(100_000 / (await world.Bill()).Collected.TotalSeconds);
            await places.Drop(place);
            if (round == 0) idiomatic = await Payday(folder, "payday", Few);
            else bulk = await Payday(folder, "payday-bulk", Many);
        }
        Console.WriteLine($"{places.Engine}: {ours[0]:0} pledges/s against {idiomatic:0} idiomatic = {ours[0] / idiomatic:0.0} (bar 100); {ours[1]:0} against {bulk:0} by hand = {ours[1] / bulk:0.00} (bar 3)");
        return 0;
    }

    private static async Task<double> Payday(string folder, string mode, int patrons)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [Path.Combine(folder, "run.sh"), mode, patrons.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
        })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Console.WriteLine(said.Trim());
        return Regex.Match(said, @"= (\d+) pledges/s") is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"the reference said: {said}");
    }
}
