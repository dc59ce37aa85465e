using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Faults.World;
using Stipend.Platform.Data;
using Stipend.Support;

namespace Stipend.Faults;

/// <summary>
/// A naive reading, after everything is over, of what the run of 1 February had to bill: every fact numbered up to its cut-off counts,
/// whenever it was committed, and none after it.
/// </summary>
internal static class RunOracle
{
    private sealed record Pledge(long Id, string StartedOn, long StartedNo, long? EndedNo);
    private sealed record Version(long PledgeId, long No, int Seq, long AppliesFrom, long Minor);
    private sealed record Line(long PledgeId, string Key, long? RunId, long Minor);

    /// <summary>Each sentence is a pledge forgotten, billed twice, or for another amount.</summary>
    public static async Task<List<string>> Disagreements(TestApp app)
    {
        var (run, cutoff, at) = (await Rows(app, $"SELECT id, cutoff_no, cutoff_at FROM billing_run WHERE bill_on = '{Template.BillOn}'",
            r => (r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)))).Single();
        var pledges = await Rows(app, "SELECT id, started_on, started_no, ended_no FROM pledge",
            r => new Pledge(r.GetInt64(0), r.GetString(1), r.GetInt64(2), r.IsDBNull(3) ? null : r.GetInt64(3)));
        var versions = (await Rows(app, "SELECT pledge_id, no, seq, applies_from, amount_minor FROM pledge_version",
            r => new Version(r.GetInt64(0), r.GetInt64(1), (int)r.GetInt64(2), r.GetInt64(3), r.GetInt64(4)))).ToLookup(v => v.PledgeId);
        var lines = (await Rows(app, "SELECT pledge_id, period_key, run_id, amount_minor FROM bill_line",
            r => new Line(r.GetInt64(0), r.GetString(1), r.IsDBNull(2) ? null : r.GetInt64(2), r.GetInt64(3)))).ToLookup(l => l.PledgeId);
        var wrong = new List<string>();
        foreach (var pledge in pledges)
        {
            var january = lines[pledge.Id].Where(l => l.Key == Template.Period).ToList();
            var ofRun = lines[pledge.Id].Where(l => l.RunId == run).ToList();
            var isOld = string.CompareOrdinal(pledge.StartedOn, Template.BillOn) < 0;
            var isDue = isOld && pledge.StartedNo <= cutoff && (pledge.EndedNo is not { } ended || ended > cutoff);
            if (isOld && january.Count != 1) wrong.Add($"pledge {pledge.Id} has {january.Count} lines for January");
            if (ofRun.Count != (isDue ? 1 : 0)) wrong.Add($"pledge {pledge.Id} is {(isDue ? "due" : "not due")} and has {ofRun.Count} lines of the run");
            if (!isDue || ofRun.Count != 1) continue;
            var inForce = versions[pledge.Id].Where(v => v.No <= cutoff && v.AppliesFrom < at).MaxBy(v => v.Seq)!;
            if (ofRun[0].Minor != inForce.Minor) wrong.Add($"pledge {pledge.Id} is billed {ofRun[0].Minor}, owed is {inForce.Minor}");
        }
        return wrong;
    }

    private static Task<List<T>> Rows<T>(TestApp app, string sql, Func<DbDataReader, T> read) => app.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(read(reader));
        return rows;
    });
}
