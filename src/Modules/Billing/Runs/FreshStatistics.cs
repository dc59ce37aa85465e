using Stipend.Platform.Data;

namespace Stipend.Billing.Runs;

/// <summary>
/// Has PostgreSQL look at tables that are growing fast: until it does so by itself it plans as if they were empty, and reads all of them where a key
/// would do (billing.md §3.7). The first looks are near each other, later ones ever farther apart.
/// </summary>
internal sealed class FreshStatistics(Db db)
{
    private int _steps, _next = 3;

    /// <summary>A step is committed; <paramref name="tables"/> grew by it.</summary>
    public async Task After(string tables, CancellationToken ct)
    {
        if (db.Engine != Engine.Postgres || ++_steps < _next) return;
        _next *= 10;
        await db.Execute($"ANALYZE (SKIP_LOCKED) {tables}", ct);
    }
}
