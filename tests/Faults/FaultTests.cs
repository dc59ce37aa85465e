using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Faults;

// What of the fault plan fits into every push: real processes, real files, real kills, in less than a minute. The plan's own numbers for a
// push are dotnet run --project tests/Faults -- --push, the long ones -- --nightly. Classes run beside each other, since most of the
// time is waiting for processes.

/// <summary>Processes that die.</summary>
public sealed class KillTests
{
    [Fact]
    public Task F5_kills_of_the_worker_charge_everybody_once() => Kills.OneWorker(8, 200, seed: 5);
}

/// <summary>Gateways that are not as they should be.</summary>
public sealed class TroubleTests
{
    [Fact]
    public Task F8_replies_lost_after_capture_are_neither_lost_nor_taken_twice() => Roads.LostReplies(10, 400, seed: 8);
}

/// <summary>Races inside one program.</summary>
public sealed class RaceTests
{
    [Theory, OnEveryEngine]
    public Task F12_ten_races_open_one_run_each(Engine engine) => Races.Openers(engine, days: 10);

    [Fact]
    public Task F13_changes_while_the_run_opens_are_billed_as_numbered() =>
        Races.Changers(Engine.Sqlite, 200, TimeSpan.FromSeconds(2), rounds: 1);
}
