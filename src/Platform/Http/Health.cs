using System.Data.Common;
using Microsoft.AspNetCore.Http;
using Stipend.Platform.Data;

namespace Stipend.Platform.Http;

/// <summary>What of a module the operator should look at although the site serves; asked often and by anybody, so cheap and in two words.</summary>
public interface IConcern
{
    Task<string?> Concern(CancellationToken ct);
}

/// <summary>Whether this process can do its work now.</summary>
internal static class Health
{
    /// <summary>Ready: the database answers and is exactly at this program's version.</summary>
    public static Task<IResult> Ready(Migrator migrator, CancellationToken ct) =>
        Answer(migrator, () => Task.FromResult(Results.Text("ready")), ct);

    /// <summary>For a monitor that wakes somebody: 503 with what needs the operator. Apart from <see cref="Ready"/>, since a site that is
    /// late with something must not be taken out of service for it.</summary>
    public static Task<IResult> Concerns(Migrator migrator, IEnumerable<IConcern> all, CancellationToken ct) => Answer(migrator, async () =>
    {
        var concerns = new List<string>();
        foreach (var one in all)
            if (await one.Concern(ct) is { } concern) concerns.Add(concern);
        return concerns.Count == 0 ? Results.Text("none") : Results.Text(string.Join('\n', concerns), statusCode: 503);
    }, ct);

    private static async Task<IResult> Answer(Migrator migrator, Func<Task<IResult>> well, CancellationToken ct)
    {
        try
        {
            return await migrator.Pending(ct) is { Count: > 0 } pending
                ? Results.Text($"migrations missing: {pending.Count}", statusCode: 503)
                : await well();
        }
        catch (Refusal refusal)
        {
            return Results.Text(refusal.Code, statusCode: 503);
        }
        catch (Exception error) when (error is DbException || error.IsUnreachable)
        {
            return Results.Text("database unreachable", statusCode: 503);
        }
    }
}
