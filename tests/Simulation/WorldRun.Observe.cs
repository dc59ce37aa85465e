namespace Stipend.Simulation;

internal sealed partial class WorldRun
{
    /// <summary>Looks at the books and tells the oracle what has happened since the last look, in the order of the version numbers.</summary>
    private async Task Observe()
    {
        var (before, after) = (_facts, await Read());
        if (after.Versions.Count > before.Versions.Count) NewVersions(before, after);
        if (_intent is PublishIntent publish && after.Posts.Contains(publish.PostId) && !before.Posts.Contains(publish.PostId))
            _oracle.Published(publish.PostId, publish.Payee, Now, publish.UndoUntil);
        if (_intent is UndoIntent undo && after.Undone.Contains(undo.PostId) && !before.Undone.Contains(undo.PostId)) _oracle.Undone(undo.PostId);
        foreach (var post in after.FannedOut.Except(before.FannedOut).Order().Intersect(after.Posts)) _oracle.FannedOut(post, before, after);
        Runs(before, after);
        foreach (var (charge, kind) in after.Closed.Where(c => !before.Closed.ContainsKey(c.Key))) _tally.Add($"charge:{kind}", charge > 0 ? 1 : 0);
        _facts = after;
    }

    private void NewVersions(BookFacts before, BookFacts after)
    {
        foreach (var version in after.Versions.Skip(before.Versions.Count))
        {
            var row = after.Pledges.First(p => p.Id == version.PledgeId);
            if (version.Seq == 1 && _intent is JoinIntent join && join.PatronId == row.PatronId && join.Payee.Id == row.PayeeId)
                _oracle.Started(row, join.Payee, join.Minor, join.Cap, Now, before);
            else if (row.EndedNo == version.No)
            {
                var left = _intent is LeaveIntent leave && leave.PledgeId == row.Id;
                _oracle.Ended(row.Id, version.No, Now, left, before);
                if (!left && !Gone(row.Id, after)) _violations.Add($"pledge {row.Id} ended though nobody left and no bill of it was given up");
                if (!left) _tally.Add("lapses");
            }
            else if (_intent is ChangeIntent change && change.PledgeId == row.Id)
                (_intent, _) = (null, Told(() => _oracle.Changed(row.Id, version, change.Minor, change.NextPeriod, Now, before)));
            else if (_intent is CapIntent cap && cap.PledgeId == row.Id)
                _oracle.CapSet(row.Id, version, cap.Cap, Now); // twice when a change is planned: it stays planned
            else if (Gone(row.Id, after)) _oracle.UpgradeLapsed(row.Id);
            else _violations.Add($"pledge {row.Id} changed by itself");
        }
    }

    private static bool Told(Action tell)
    {
        tell();
        return true;
    }

    /// <summary>Whether a charge of the pledge was closed unpaid.</summary>
    private static bool Gone(long pledgeId, BookFacts facts) =>
        facts.Lines.Any(l => l.PledgeId == pledgeId && l.IsVoid && (l.ChargeId ?? l.RolledInto) is { } charge && facts.Closed.ContainsKey(charge));

    private void Runs(BookFacts before, BookFacts after)
    {
        var (lowest, highest) = (before.Versions.Count == 0 ? 0 : before.Versions[^1].No, after.Versions.Count == 0 ? 0 : after.Versions[^1].No);
        var known = before.Runs.ToDictionary(r => r.Id);
        foreach (var run in after.Runs)
        {
            if (!known.TryGetValue(run.Id, out var was))
            {
                if (run.CutoffNo < lowest || run.CutoffNo > highest)
                    _violations.Add($"the run of {run.BillOn} cuts off at change {run.CutoffNo}, opened between {lowest} and {highest}");
                _oracle.RunOpened(run, before);
                _planning[run.Id] = [before];
                _tally.Add("runs");
            }
            if (!_planning.TryGetValue(run.Id, out var since)) continue;
            since.Add(after);
            if (run.State == "planning") continue;
            _oracle.RunPlanned(run, since);
            _planning.Remove(run.Id);
            if (was?.State == "planning") _tally.Add("planned-after-death");
        }
    }
}
