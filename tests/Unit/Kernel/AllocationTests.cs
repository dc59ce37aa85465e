using System.Numerics;
using Shouldly;
using Stipend.Kernel;
using Xunit;

namespace Stipend.Unit.Kernel;

/// <summary>Fault plan F17: shares against exact rationals.</summary>
public sealed class AllocationTests
{
    [Fact]
    public void Shares_sum_exactly_are_less_than_one_unit_off_and_never_negative()
    {
        Seeds.Run(100_000, random =>
        {
            var weights = new long[random.Next(1, 13)];
            for (var i = 0; i < weights.Length; i++) weights[i] = Weight(random);
            var sum = weights.Aggregate(BigInteger.Zero, (a, b) => a + b);
            var total = sum == 0 ? 0 : Weight(random);
            var shares = new long[weights.Length];

            Allocation.Split(total, weights, shares);

            (shares.Aggregate(BigInteger.Zero, (a, b) => a + b) == total).ShouldBeTrue("the parts do not sum to the whole");
            for (var i = 0; i < weights.Length && sum > 0; i++)
            {
                shares[i].ShouldBeGreaterThanOrEqualTo(0);
                var error = BigInteger.Abs(shares[i] * sum - (BigInteger)total * weights[i]); // scaled by sum: below one unit is below sum
                (error < sum).ShouldBeTrue($"share {i} of {total} over [{string.Join(", ", weights)}] is {shares[i]}");
                if (weights[i] == 0) shares[i].ShouldBe(0);
                if (total <= sum) shares[i].ShouldBeLessThanOrEqualTo(weights[i]); // no refund above what was paid
            }
        });
    }

    [Fact]
    public void Every_prefix_gets_the_floor_of_its_exact_share()
    {
        Seeds.Run(20_000, random =>
        {
            var weights = new long[random.Next(1, 40)];
            for (var i = 0; i < weights.Length; i++) weights[i] = random.NextInt64(1, 100_000);
            var total = random.NextInt64(1_000_000);
            var shares = new long[weights.Length];
            Allocation.Split(total, weights, shares);
            BigInteger sum = weights.Sum(), cumulative = 0, given = 0;
            for (var i = 0; i < weights.Length; i++)
            {
                cumulative += weights[i];
                given += shares[i];
                (given == cumulative * total / sum).ShouldBeTrue($"after {i + 1} parts");
            }
        });
    }

    [Fact]
    public void The_order_decides_who_gets_the_odd_cent_and_rotation_spreads_it_evenly()
    {
        var firsts = new long[3];
        for (var turn = 0; turn < 3; turn++)
        {
            var shares = Split(100, 1, 1, 1);
            shares.ShouldBe([33, 33, 34]);
            for (var i = 0; i < 3; i++) firsts[(i + turn) % 3] += shares[i];
        }
        firsts.ShouldBe([100, 100, 100]);
        Split(10, 1, 2).ShouldBe([3, 7]);
        Split(10, 2, 1).ShouldBe([6, 4]);
    }

    [Fact]
    public void Refunding_in_steps_ends_at_exactly_what_was_paid()
    {
        Seeds.Run(5_000, random =>
        {
            var remaining = Enumerable.Range(0, random.Next(1, 8)).Select(_ => random.NextInt64(1, 5_000)).ToArray();
            var paid = remaining.Sum();
            var shares = new long[remaining.Length];
            for (long refunded = 0; refunded < paid;)
            {
                var refund = random.NextInt64(1, paid - refunded + 1);
                Allocation.Split(refund, remaining, shares);
                for (var i = 0; i < shares.Length; i++) remaining[i] -= shares[i];
                remaining.Min().ShouldBeGreaterThanOrEqualTo(0);
                refunded += refund;
            }
            remaining.ShouldAllBe(left => left == 0);
        });
    }

    [Fact]
    public void A_million_lines_at_the_limit_still_fit()
    {
        var weights = new long[1_000_000];
        Array.Fill(weights, 9_000_000_000_000);
        var shares = new long[weights.Length];
        Allocation.Split(9_000_000_000_000_000_000, weights, shares);
        shares.ShouldAllBe(share => share == 9_000_000_000_000);
    }

    [Fact]
    public void What_cannot_be_split_is_refused()
    {
        Should.Throw<ArgumentException>(() => Split(-1, 1));
        Should.Throw<ArgumentException>(() => Split(1, 1, -1));
        Should.Throw<ArgumentException>(() => Split(1, 0, 0));
        Should.Throw<ArgumentException>(() => Split(1));
        Should.Throw<ArgumentException>(() => Allocation.Split(1, [1, 2], new long[1]));
        Split(0, 0, 0).ShouldBe([0, 0]);
        Split(0, 3, 4).ShouldBe([0, 0]);
    }

    private static long[] Split(long total, params long[] weights)
    {
        var shares = new long[weights.Length];
        Allocation.Split(total, weights, shares);
        return shares;
    }

    /// <summary>Amounts of every size up to what a long holds.</summary>
    private static long Weight(Random random) => random.Next(8) switch
    {
        0 => 0,
        1 => 1,
        2 => long.MaxValue - random.Next(2),
        3 => random.NextInt64(long.MaxValue),
        _ => random.NextInt64(1L << random.Next(1, 40)),
    };
}
