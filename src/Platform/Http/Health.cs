using System.Data.Common;
using Microsoft.AspNetCore.Http;
using Stipend.Platform.Data;

namespace Stipend.Platform.Http;

/// <summary>Whether this process can do its work now.</summary>
internal static class Health
{
    /// <summary>Ready: the database answers and is exactly at this program's version.</summary>
    public static async Task<IResult> Ready(Migrator migrator, CancellationToken ct)
    {
        try
        {
            return await migrator.Pending(ct) is { Count: > 0 } pending
                ? Results.Text($"migrations missing: {pending.Count}", statusCode: 503)
                : Results.Text("ready");
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
