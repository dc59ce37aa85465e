using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Faults;

// The fault plan with every push: real processes, real files, real kills. The long numbers are
// dotnet run --project tests/Faults -- --nightly. Classes run beside each other, since most of the time is waiting for processes.

/// <summary>Processes that die.</summary>
public sealed class KillTests
{
    [Fact]
    public Task F5_forty_kills_of_the_worker_charge_everybody_once() => Kills.OneWorker(40, 400, seed: 5);
}

/// <summary>Several processes at once.</summary>
public sealed class WorkersTests
{
    [Fact]
    public Task F6_twenty_kills_of_two_workers_charge_everybody_once() => Kills.TwoWorkers(20, 1_000, seed: 6);

    [Fact]
    public Task F25_a_worker_stopped_beyond_its_lease_does_no_harm_when_it_goes_on() => Kills.Zombies(5, 400, seed: 25);

    [Fact]
    public Task F7_a_postgres_stopped_at_once_keeps_what_was_acknowledged() => PowerCuts.Postgres(5, 400, seed: 7);

    [Fact]
    public Task F7_a_copy_of_file_and_log_at_any_moment_is_sound_and_goes_on() => PowerCuts.Sqlite(20, 400, seed: 7);
}

/// <summary>Gateways, disks, clocks and settings.</summary>
public sealed class TroubleTests
{
    [Fact]
    public Task F8_replies_lost_after_capture_are_neither_lost_nor_taken_twice() => Roads.LostReplies(10, 400, seed: 8);

    [Fact]
    public Task F9_a_bad_day_of_the_gateway_duns_nobody() => Roads.BadDay(400, 33_000, seed: 9);

    [Fact]
    public Task F10_a_site_back_after_a_day_looks_before_it_sends() => Absences.ComesBackAfter(Duration.FromHours(26), 300);

    [Fact]
    public Task F10_a_site_back_after_forty_days_looks_before_it_sends() => Absences.ComesBackAfter(Duration.FromDays(40), 300);

    [Fact]
    public Task F18_a_clock_that_jumps_charges_nobody_twice() => Troubles.Clocks(20, 400, seed: 18);

    [Fact]
    public Task F19_a_disk_that_takes_no_writes_is_got_over() => Troubles.Disk(10, 400, seed: 19);

    [Fact]
    public Task F20_a_backup_of_the_middle_of_a_run_adopts_what_was_taken_since() => Absences.ComesBackOlder(400);

    [Fact]
    public Task F21_settings_changed_between_crash_and_resume_change_nothing_of_the_run() => Absences.ComesBackChanged(300);

    [Theory, OnEveryEngine]
    public Task F26_patrons_that_cannot_be_billed_are_parked_and_hold_up_nobody(Engine engine) => Troubles.Poison(engine, 300);
}

/// <summary>Races inside one program.</summary>
public sealed class RaceTests
{
    [Theory, OnEveryEngine]
    public Task F12_ten_races_open_one_run_each(Engine engine) => Races.Openers(engine, days: 10);

    [Theory, OnEveryEngine]
    public Task F13_changes_while_the_run_opens_are_billed_as_numbered(Engine engine) => Races.Changers(engine, 200, TimeSpan.FromSeconds(3), rounds: 1);
}
