namespace Stipend.Kernel;

/// <summary>
/// Splits a total over weights by cumulative floor: parts sum to the whole, each within one minor unit of exact.
/// </summary>
public static class Allocation
{
    /// <summary>
    /// Share i = floor(total·cum(i)/sum) − floor(total·cum(i−1)/sum), written into <paramref name="shares"/> in the given order.
    /// </summary>
    /// <exception cref="ArgumentException">A weight or the total is negative, lengths differ, or all weights are zero while the total is
    /// not.</exception>
    public static void Split(long total, ReadOnlySpan<long> weights, Span<long> shares)
    {
        if (shares.Length != weights.Length) throw new ArgumentException("One share per weight.", nameof(shares));
        if (total < 0) throw new ArgumentException("A total to split is not negative.", nameof(total));
        Int128 sum = 0;
        foreach (var weight in weights)
        {
            if (weight < 0) throw new ArgumentException("Weights are not negative.", nameof(weights));
            sum += weight;
        }
        if (sum == 0)
        {
            if (total != 0) throw new ArgumentException("Nothing to split over.", nameof(weights));
            shares.Clear();
            return;
        }
        Int128 carried = 0; // the remainder of total·cum(i)/sum: the same floors, and products that always fit
        for (var i = 0; i < weights.Length; i++)
        {
            (var share, carried) = Int128.DivRem((Int128)weights[i] * total + carried, sum);
            shares[i] = (long)share;
        }
    }
}
