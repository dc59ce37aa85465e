using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Data;

namespace Stipend.Billing.Runs;

/// <summary>Shares a run's work. On SQLite, which has one writer, among one; on PostgreSQL among a few, each with a connection of its own.</summary>
internal sealed class RunWorkers(Db db, IServiceScopeFactory scopes, BillingOptions options)
{
    /// <summary>Has each worker do <paramref name="work"/> until nothing is left. The work itself keeps them apart.</summary>
    public Task Share<T>(T own, Func<T, Task> work) where T : notnull => options.WorkersOn(db.Engine) is > 1 and var count
        ? Task.WhenAll(Enumerable.Range(0, count).Select(_ => InScope(work)))
        : work(own);

    private async Task InScope<T>(Func<T, Task> work) where T : notnull
    {
        await using var scope = scopes.CreateAsyncScope();
        await work(scope.ServiceProvider.GetRequiredService<T>());
    }
}
