using NodaTime;
using Shouldly;
using Stipend.Kernel;
using Xunit;

namespace Stipend.Unit.Kernel;

public sealed class IdsTests
{
    [Fact]
    public void Ids_only_go_up_also_when_the_clock_stands_still_or_goes_back()
    {
        Seeds.Run(200, random =>
        {
            var time = new HandClock(Instant.FromUtc(2026, 1, 15, 12, 0));
            var ids = new Ids(new Clock(time));
            var last = 0L;
            for (var i = 0; i < 1_000; i++)
            {
                if (random.Next(10) == 0) time.Now += Duration.FromMilliseconds(random.Next(-7_200_000, 7_200_000));
                if (random.Next(500) == 0) time.Now = Instant.FromUnixTimeSeconds(0);
                var id = ids.Next();
                id.ShouldBeGreaterThan(last);
                last = id;
            }
        });
    }

    [Fact]
    public void More_ids_than_a_millisecond_holds_borrow_from_the_next()
    {
        var ids = new Ids(new Clock(new HandClock(Instant.FromUtc(2026, 1, 15, 12, 0))), node: 1023);
        var made = Enumerable.Range(0, 20_000).Select(_ => ids.Next()).ToList();
        made.ShouldBe(made.Order());
        made.Distinct().Count().ShouldBe(made.Count);
        made.ShouldAllBe(id => ((id >> 12) & 0x3FF) == 1023);
    }

    [Fact]
    public void Ids_from_many_threads_never_repeat()
    {
        var ids = new Ids(new Clock(TimeProvider.System));
        var made = new long[8][];
        var threads = Enumerable.Range(0, made.Length).Select(t => new Thread(() =>
        {
            var mine = new long[20_000];
            for (var i = 0; i < mine.Length; i++) mine[i] = ids.Next();
            made[t] = mine;
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        made.ShouldAllBe(mine => mine.Zip(mine.Skip(1)).All(pair => pair.First < pair.Second));
        made.SelectMany(mine => mine).Distinct().Count().ShouldBe(8 * 20_000);
    }

    [Fact]
    public void Two_nodes_at_the_same_moment_make_different_ids()
    {
        var time = new HandClock(Instant.FromUtc(2026, 1, 15, 12, 0));
        var (one, two) = (new Ids(new Clock(time), 1), new Ids(new Clock(time), 2));
        Enumerable.Range(0, 1000).Select(_ => one.Next()).Intersect(Enumerable.Range(0, 1000).Select(_ => two.Next())).ShouldBeEmpty();
    }

    [Fact]
    public void A_clock_beyond_what_ids_can_say_is_an_error_not_a_negative_id()
    {
        new Ids(new Clock(new HandClock(Instant.FromUtc(2094, 1, 1, 0, 0)))).Next().ShouldBeGreaterThan(0);
        Should.Throw<InvalidOperationException>(() => new Ids(new Clock(new HandClock(Instant.FromUtc(2099, 1, 1, 0, 0)))).Next());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1024)]
    public void A_node_number_that_does_not_fit_is_refused(int node) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new Ids(new Clock(TimeProvider.System), node));

    private sealed class HandClock(Instant start) : TimeProvider
    {
        public Instant Now { get; set; } = start;
        public override DateTimeOffset GetUtcNow() => Now.ToDateTimeOffset();
    }
}
