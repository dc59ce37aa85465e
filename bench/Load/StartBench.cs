namespace Stipend.Load;

/// <summary>How long the site takes to its first page on an existing database, and what it weighs idle.</summary>
internal static class StartBench
{
    public static async Task<int> Run()
    {
        var folder = Directory.CreateTempSubdirectory("stipend-bench-").FullName;
        using (await Site.Start(folder)) { }
        var starts = new List<double>();
        long resident = 0;
        for (var i = 0; i < 5; i++)
        {
            using var site = await Site.Start(folder);
            starts.Add(site.StartedIn.TotalSeconds);
            await Task.Delay(TimeSpan.FromMilliseconds(5_000), TimeProvider.System, CancellationToken.None);
            resident = site.Resident;
        }
        starts.Sort();
        Console.WriteLine($"start to first page, existing SQLite database: median {starts[2]:0.00} s of 5 ({starts[0]:0.00}–{starts[^1]:0.00}); bar 1.50 s");
        Console.WriteLine($"idle resident memory after 5 s: {resident / 1e6:0} MB; bar 150 MB");
        return 0;
    }
}
