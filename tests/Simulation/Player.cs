using System.Security.Cryptography;
using System.Text;

namespace Stipend.Simulation;

/// <summary>Plays worlds.</summary>
internal static class Player
{
    /// <summary>Plays one world; an error that nothing in the site took care of is a violation too.</summary>
    public static async Task<WorldResult> Play(SimHost host, WorldPlan plan, Bug bug = Bug.None)
    {
        try
        {
            return await new WorldRun(host, plan).Play(bug);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return new WorldResult(plan, [$"error: {error.GetType().Name}: {error.Message}\n{error.StackTrace}"], new Tally(), []);
        }
    }

    /// <summary>What happened, in one word: equal for the same seed however often it is played.</summary>
    public static string Hash(WorldResult result) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', result.Trace) + result.Tally)))[..16];
}
