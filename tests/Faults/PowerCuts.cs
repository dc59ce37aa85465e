using Microsoft.Data.Sqlite;
using Shouldly;
using Stipend.Faults.World;
using Stipend.Platform.Data;

namespace Stipend.Faults;

/// <summary>F7: the database loses power. What a call was made for, and what was read as recorded, must be there afterwards.</summary>
internal static class PowerCuts
{
    /// <summary>PostgreSQL is stopped at once with all its processes; the worker lives on and finds it again.</summary>
    public static async Task Postgres(int cuts, int patrons, int seed)
    {
        var (tally, dice) = (new Tally("F7 stop -m immediate, PostgreSQL"), new Random(seed));
        using var server = await Cluster.Start();
        await using var site = await Site.Open(Engine.Postgres, patrons, server);
        site.Road.LatencyMs = 40;
        await using var worker = await site.Serve();
        for (var n = 0; n < cuts; n++)
        {
            await site.CallsMore();
            await Pause.For(dice.Next(5, 300));
            tally.Add(site.Road.InFlight > 0 ? "cuts during calls" : "cuts between calls");
            var (sent, recorded) = (site.Road.Sent.Keys.ToList(), await site.Count("attempt_result"));
            await server.Crash();
            var kept = (await site.Rows("SELECT idem_key FROM attempt", r => r.GetString(0))).ToHashSet(StringComparer.Ordinal);
            sent.Where(key => !kept.Contains(key)).ShouldBeEmpty("a call was made for an attempt that is gone");
            (await site.Count("attempt_result")).ShouldBeGreaterThanOrEqualTo(recorded);
            site.Clock.Advance(Duration.FromMinutes(6));
        }
        site.Road.LatencyMs = 0;
        await site.Finish();
        worker.HasExited.ShouldBeFalse(worker.Said);
        await tally.Settled(site);
        tally.Tell(("cuts during calls", cuts / 2));
    }

    /// <summary>
    /// The data file and its log are copied while the worker stands still at any instruction; each copy must be sound and hold every attempt
    /// a call was made for. Every few copies the worker is dead, and the site goes on from the copy.
    /// </summary>
    public static async Task Sqlite(int copies, int patrons, int seed)
    {
        var (tally, dice) = (new Tally("F7 copies of file and log, SQLite"), new Random(seed));
        await using var site = await Site.Open(Engine.Sqlite, patrons);
        site.Road.LatencyMs = 15;
        var worker = await site.Serve();
        await site.CallsMore();
        for (var n = 0; n < copies; n++)
        {
            await Pause.For(dice.Next(5, 120));
            worker.Stop();
            tally.Add("copies");
            var copy = Directory.CreateDirectory(Path.Combine(site.Folder, $"copy{n}")).FullName;
            foreach (var suffix in new[] { "", "-wal" })
                if (File.Exists(site.DataFile + suffix)) File.Copy(site.DataFile + suffix, Path.Combine(copy, "stipend.db" + suffix));
            var sent = site.Road.Sent.Keys.ToList();
            if (n % 8 == 7)
            {
                await worker.Kill();
                foreach (var suffix in new[] { "-wal", "-shm" }) File.Delete(site.DataFile + suffix);
                foreach (var file in Directory.GetFiles(copy)) File.Copy(file, Path.Combine(site.DataFolder, Path.GetFileName(file)), overwrite: true);
                site.Clock.Advance(Duration.FromMinutes(6));
                tally.Add("goings-on from a copy");
                worker = await site.Serve();
            }
            else worker.Continue();
            if (Torn(copy, dice)) tally.Add("torn logs"); // first: reading a copy folds its log into it
            Sound(Path.Combine(copy, "stipend.db"), sent);
        }
        site.Road.LatencyMs = 0;
        await site.Finish();
        await tally.Settled(site);
        tally.Tell(("copies", copies), ("goings-on from a copy", copies / 8), ("torn logs", copies / 4));
    }

    private static void Sound(string file, List<string> sent)
    {
        Texts(file, "PRAGMA integrity_check").ShouldBe(["ok"]);
        var kept = Texts(file, "SELECT idem_key FROM attempt").ToHashSet(StringComparer.Ordinal);
        sent.Where(key => !kept.Contains(key)).ShouldBeEmpty("a call was made for an attempt that is not on the disk");
        Texts(file, """
            SELECT charge_id FROM attempt_result WHERE outcome = 'succeeded' EXCEPT SELECT ref_id FROM journal WHERE kind = 'charge'
            """).ShouldBeEmpty("a success is recorded without its journal");
    }

    /// <summary>The same with the log's end torn off anywhere: what was not yet acknowledged may be gone, what is there must be sound.</summary>
    private static bool Torn(string copy, Random dice)
    {
        var (file, log) = (Path.Combine(copy, "torn.db"), Path.Combine(copy, "torn.db-wal"));
        if (!File.Exists(Path.Combine(copy, "stipend.db-wal"))) return false;
        File.Copy(Path.Combine(copy, "stipend.db"), file);
        File.Copy(Path.Combine(copy, "stipend.db-wal"), log);
        using (var end = File.OpenWrite(log))
        {
            if (end.Length == 0) return false;
            end.SetLength(Math.Max(0, end.Length - dice.Next(1, 20_000)));
        }
        Sound(file, []);
        return true;
    }

    private static List<string> Texts(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var found = new List<string>();
        while (reader.Read()) found.Add(reader.GetValue(0).ToString()!);
        return found;
    }
}
