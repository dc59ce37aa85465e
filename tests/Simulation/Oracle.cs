using System.Globalization;

namespace Stipend.Simulation;

/// <summary>
/// Says what every patron owes, straight from the rules, by plain loops over days and pledges. It knows what people
/// asked for and in which order things happened; it shares no code with what it judges.
/// </summary>
internal sealed class Oracle(WorldPlan plan)
{
    private readonly List<OraclePledge> _pledges = [];
    private readonly Dictionary<long, (Payee Payee, Instant At, Instant UndoUntil)> _posts = [];
    private readonly HashSet<long> _undone = [];

    public List<string> Surprises { get; } = [];
    public Dictionary<(long PledgeId, string Key), Owed> Lines { get; } = [];
    public IReadOnlyList<OraclePledge> Pledges => _pledges;
    public IReadOnlySet<LocalDate> Opened => _opened;
    private readonly HashSet<LocalDate> _opened = [];

    public OraclePledge Pledge(long id) => _pledges.First(p => p.Id == id);

    public void Started(PledgeRow row, Payee payee, long minor, PledgeCap cap, Instant at, BookFacts before)
    {
        var day = payee.Model == BillingModel.MonthlyAnniversary ? at.InZone(plan.Zone).Day : payee.BillDay;
        var (paid, until) = PaidAround(row.PatronId, payee, at, before);
        if (payee.Model == BillingModel.MonthlyAnniversary && until is not null) // coming back within paid time keeps the day
            day = _pledges.Last(p => p.PatronId == row.PatronId && p.Payee == payee).AnchorDay;
        var pledge = new OraclePledge
        {
            Id = row.Id, PatronId = row.PatronId, Payee = payee, AnchorDay = day, StartedAt = at, StartedOn = at.InZone(plan.Zone).Date,
            StartedNo = row.StartedNo,
        };
        pledge.Amounts.Add((row.StartedNo, at, minor));
        pledge.Caps.Add((row.StartedNo, at, cap));
        _pledges.Add(pledge);
        if (pledge.IsUpfront)
            Owe(pledge, MonthKey(PeriodStart(day, at)), Math.Max(0, minor - paid), true, at, until ?? StartOf(NextDue(day, at)));
    }

    public void Changed(long pledgeId, VersionRow row, long minor, bool nextPeriod, Instant at, BookFacts before)
    {
        var pledge = Pledge(pledgeId);
        var nextAt = StartOf(NextDue(pledge.AnchorDay, at));
        if (nextPeriod)
        {
            pledge.Amounts.Add((row.No, nextAt, minor));
            return;
        }
        var period = PeriodStart(pledge.AnchorDay, at);
        if (pledge.IsUpfront && period > pledge.StartedOn && !_opened.Contains(period))
        {
            pledge.Amounts.Add((row.No, StartOf(period), minor)); // this period's bill is still to be made: it will be for the new amount
            return;
        }
        pledge.Amounts.Add((row.No, at, minor));
        if (!pledge.IsUpfront) return;
        var (paid, until) = PaidAround(pledge.PatronId, pledge.Payee, at, before);
        if (minor > paid) Owe(pledge, $"U:{row.Seq}", minor - paid, true, at, until ?? nextAt);
    }

    public void CapSet(long pledgeId, VersionRow row, PledgeCap cap, Instant at) => Pledge(pledgeId).Caps.Add((row.No, at, cap));

    /// <summary>An upgrade that was not paid: as if it had never been.</summary>
    public void UpgradeLapsed(long pledgeId) => Pledge(pledgeId).Amounts.RemoveAt(Pledge(pledgeId).Amounts.Count - 1);

    public void Ended(long pledgeId, long endedNo, Instant at, bool left, BookFacts before)
    {
        var pledge = Pledge(pledgeId);
        (pledge.EndedNo, pledge.EndedAt, pledge.Left) = (endedNo, at, left);
        if (!left) return;
        var must = !before.Declined().Contains(pledgeId);
        if (pledge.Payee.Model == BillingModel.MonthlyArrears)
        {
            var period = PeriodStart(pledge.AnchorDay, at);
            OweArrears(pledge, period, pledge.AmountAt(at), must, null, null, before);
            while (period > pledge.StartedOn && !_opened.Contains(period)) // months that ended and whose run has not been opened yet
            {
                var ended = PeriodStart(pledge.AnchorDay, StartOf(period) - Duration.FromMilliseconds(1));
                OweArrears(pledge, ended, pledge.AmountAt(StartOf(period) - Duration.FromMilliseconds(1)), must, null, null, before);
                period = ended;
            }
        }
        if (pledge.Payee.Model != BillingModel.PerCreation) return;
        foreach (var (postId, post) in _posts.Where(p => p.Value.Payee == pledge.Payee).OrderBy(p => p.Value.At)) Accrue(pledge, postId, post, before, before);
        foreach (var (postId, minor) in pledge.Pending.Where(p => _posts[p.Key].UndoUntil <= at).ToList())
        {
            Owe(pledge, PostKey(postId), minor, must, null, null);
            pledge.Pending.Remove(postId);
        }
    }

    public void Published(long postId, Payee payee, Instant at, Instant undoUntil) => _posts[postId] = (payee, at, undoUntil);

    public void Undone(long postId)
    {
        _undone.Add(postId);
        foreach (var pledge in _pledges)
        {
            pledge.Pending.Remove(postId);
            pledge.Counted.Remove(postId);
        }
    }

    public void FannedOut(long postId, BookFacts before, BookFacts after)
    {
        foreach (var pledge in _pledges.Where(p => p.Payee == _posts[postId].Payee)) Accrue(pledge, postId, _posts[postId], before, after);
    }

    public void RunOpened(RunRow run, BookFacts before)
    {
        _opened.Add(run.BillOn);
        var cut = StartOf(run.BillOn);
        foreach (var pledge in _pledges.Where(p => p.Payee.Model != BillingModel.PerCreation && Takes(run, p)))
        {
            if (pledge.EndedNo <= run.CutoffNo) continue;
            var arrears = pledge.Payee.Model == BillingModel.MonthlyArrears;
            var from = arrears ? PeriodStart(pledge.AnchorDay, cut - Duration.FromMilliseconds(1)) : run.BillOn;
            var until = NextDue(pledge.AnchorDay, cut);
            var begin = StartOf(from) < pledge.StartedAt ? pledge.StartedAt : StartOf(from);
            if (arrears) OweArrears(pledge, from, pledge.AmountAt(cut - Duration.FromMilliseconds(1), run.CutoffNo), true, begin, cut, before);
            else Owe(pledge, MonthKey(from), pledge.AmountAt(cut, run.CutoffNo), true, begin, StartOf(until));
        }
    }

    /// <summary>A run has been planned: frozen posts become lines; who had a declined bill open may have been spared.</summary>
    public void RunPlanned(RunRow run, IReadOnlyList<BookFacts> since)
    {
        var cut = StartOf(run.BillOn);
        foreach (var pledge in _pledges.Where(p => Takes(run, p)))
        {
            var (always, ever) = (since.All(f => f.Declined().Contains(pledge.Id)), since.Any(f => f.Declined().Contains(pledge.Id)));
            foreach (var (postId, minor) in pledge.Pending.Where(p => _posts[p.Key].UndoUntil <= cut && _posts[p.Key].At < cut).ToList())
            {
                var billed = since[^1].Lines.Any(l => l.PledgeId == pledge.Id && l.Key == PostKey(postId));
                var inTime = since[0].FannedOut.Contains(postId);
                if (always || (ever && !billed) || (!inTime && !billed)) continue; // it waits for the next run
                Owe(pledge, PostKey(postId), minor, true, null, null);
                pledge.Pending.Remove(postId);
            }
            if (!ever || pledge.Payee.Model == BillingModel.PerCreation) continue;
            foreach (var skip in since[^1].Skips.Where(s => s.RunId == run.Id && s.PledgeId == pledge.Id && s.Kind == "waived"))
                if (Lines.TryGetValue((pledge.Id, skip.Key), out var line)) Lines[(pledge.Id, skip.Key)] = line with { Must = false };
            if (always && since[^1].Lines.Any(l => l.RunId == run.Id && l.PledgeId == pledge.Id))
                Surprises.Add($"pledge {pledge.Id} was billed by the run of {run.BillOn} although a declined bill was open");
        }
    }

    private void Accrue(OraclePledge pledge, long postId, (Payee Payee, Instant At, Instant UndoUntil) post, BookFacts before, BookFacts after)
    {
        if (pledge.Payee.Model != BillingModel.PerCreation || _undone.Contains(postId) || pledge.Decided.Contains(postId)) return;
        if (pledge.StartedAt > post.At || pledge.EndedAt <= post.At) return;
        pledge.Decided.Add(postId);
        var (was, isNow) = (before.Declined().Contains(pledge.Id), after.Declined().Contains(pledge.Id));
        if (was && isNow) return;
        if ((was || isNow) && after.DeclinedPosts.Contains((pledge.Id, postId))) return;
        var month = StartOf(PeriodStart(pledge.AnchorDay, post.At));
        var (minor, cap) = (pledge.AmountAt(post.At), pledge.CapAt(post.At));
        var (posts, money) = (0, 0L);
        foreach (var counted in pledge.Counted.Values)
        {
            if (counted.At < month || counted.At > post.At) continue;
            posts++;
            money += counted.Minor;
        }
        if (posts >= cap.Posts || money + minor > cap.AmountMinor) return;
        pledge.Counted[postId] = (post.At, minor);
        pledge.Pending[postId] = minor;
    }

    private (long Paid, Instant? Until) PaidAround(long patronId, Payee payee, Instant at, BookFacts before)
    {
        var paidCharges = before.Paid();
        var (sum, until) = (0L, (Instant?)null);
        foreach (var pledge in _pledges.Where(p => p.PatronId == patronId && p.Payee == payee))
        {
            foreach (var line in Lines.Values.Where(l => l.PledgeId == pledge.Id && l.From <= at && l.Until > at))
            {
                var fact = before.Lines.FirstOrDefault(l => l.PledgeId == line.PledgeId && l.Key == line.Key);
                if (fact is null || !(fact.IsDeferred || paidCharges.Contains(fact.ChargeId ?? fact.RolledInto ?? 0))) continue;
                sum += line.Minor;
                if (until is null || line.Until > until) until = line.Until;
            }
        }
        return (sum, until);
    }

    /// <summary>A month in arrears, less what the same patron paid for it when leaving before.</summary>
    private void OweArrears(OraclePledge pledge, LocalDate period, long minor, bool must, Instant? from, Instant? until, BookFacts before)
    {
        var paidCharges = before.Paid();
        foreach (var earlier in _pledges.Where(p => p.PatronId == pledge.PatronId && p.Payee == pledge.Payee && p != pledge))
        {
            if (!Lines.TryGetValue((earlier.Id, MonthKey(period)), out var line)) continue;
            var fact = before.Lines.FirstOrDefault(l => l.PledgeId == line.PledgeId && l.Key == line.Key);
            if (fact is not null && (fact.IsDeferred || paidCharges.Contains(fact.ChargeId ?? fact.RolledInto ?? 0))) minor -= line.Minor;
        }
        if (minor > 0) Owe(pledge, MonthKey(period), minor, must, from, until);
    }

    private void Owe(OraclePledge pledge, string key, long minor, bool must, Instant? from, Instant? until)
    {
        if (!Lines.TryAdd((pledge.Id, key), new Owed(pledge.Id, key, minor, must, from, until)))
            Surprises.Add($"pledge {pledge.Id} owes {key} twice");
    }

    private static bool IsDue(int anchorDay, LocalDate day) =>
        day.Day == Math.Min(anchorDay, CalendarSystem.Iso.GetDaysInMonth(day.Year, day.Month));

    private static bool Takes(RunRow run, OraclePledge pledge) =>
        IsDue(pledge.AnchorDay, run.BillOn) && pledge.StartedOn < run.BillOn && pledge.StartedNo <= run.CutoffNo;

    private Instant StartOf(LocalDate day) => plan.Zone.AtStartOfDay(day).ToInstant();

    private LocalDate PeriodStart(int anchorDay, Instant at)
    {
        var day = at.InZone(plan.Zone).Date;
        while (!IsDue(anchorDay, day) || StartOf(day) > at) day = day.PlusDays(-1);
        return day;
    }

    private LocalDate NextDue(int anchorDay, Instant at)
    {
        var day = PeriodStart(anchorDay, at).PlusDays(1);
        while (!IsDue(anchorDay, day)) day = day.PlusDays(1);
        return day;
    }

    private static string MonthKey(LocalDate day) => string.Create(CultureInfo.InvariantCulture, $"M:{day.Year:D4}-{day.Month:D2}");
    private static string PostKey(long postId) => string.Create(CultureInfo.InvariantCulture, $"P:{postId}");
}
