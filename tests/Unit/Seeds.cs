namespace Stipend.Unit;

/// <summary>Seeded random cases. A failure says which seed; put it in STIPEND_SEED to run that case alone.</summary>
internal static class Seeds
{
    public static void Run(int cases, Action<Random> check)
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("STIPEND_SEED"), out var only))
        {
            check(new Random(only));
            return;
        }
        for (var seed = 0; seed < cases; seed++)
        {
            try
            {
                check(new Random(seed));
            }
            catch (Exception error)
            {
                throw new InvalidOperationException(
                    $"Seed {seed} of {cases} failed; run it alone with STIPEND_SEED={seed}. {error.Message}", error);
            }
        }
    }

    /// <summary>A number of any size, edges included: most are small, some are at the limits.</summary>
    public static long Long(Random random) => random.Next(10) switch
    {
        0 => 0,
        1 => long.MaxValue - random.Next(3),
        2 => -random.NextInt64(long.MaxValue),
        3 => random.NextInt64(long.MaxValue),
        _ => random.NextInt64(1L << random.Next(1, 50)),
    };
}
