using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Stipend.Platform.Data;

namespace Stipend.Simulation;

/// <summary>Where a process can die.</summary>
internal enum CrashPoint { BeforeCommit, AfterCommit, BeforeCall, AfterCall }

/// <summary>The process died: whoever sees this is dead too, and must not touch the database again.</summary>
internal sealed class ProcessDied() : Exception("The process died here.");

/// <summary>
/// Lets the process die at a chosen point: before a commit (rolled back), after one (its answer lost), before or after a call of the
/// gateway. From then on every transaction and connection fails, so that no handler of errors can do what a dead process cannot,
/// until <see cref="Restart"/>.
/// </summary>
internal sealed class Crash : DbTransactionInterceptor, IDbConnectionInterceptor
{
    private int _countdown;
    private bool _dead;

    /// <summary>Points passed since <see cref="Plan"/>.</summary>
    public int Passed { get; private set; }

    /// <summary>Where the process died last, if it did since <see cref="Plan"/>.</summary>
    public CrashPoint? Died { get; private set; }

    /// <summary>Dies at the nth point from now; never for 0.</summary>
    public void Plan(int point) => (_countdown, Passed, Died) = (point, 0, null);

    public void Restart() => (_dead, _countdown) = (false, 0);

    public void Point(CrashPoint where)
    {
        if (_dead) throw new ProcessDied();
        Passed++;
        if (_countdown == 0 || --_countdown > 0) return;
        _dead = true;
        Died = where;
        throw new ProcessDied();
    }

    public override ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(DbConnection connection,
        TransactionStartingEventData eventData, InterceptionResult<DbTransaction> result, CancellationToken cancellationToken = default) =>
        _dead ? throw new ProcessDied() : ValueTask.FromResult(result);

    public override ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData,
        InterceptionResult result, CancellationToken cancellationToken = default)
    {
        Point(CrashPoint.BeforeCommit);
        return ValueTask.FromResult(result);
    }

    public override Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData,
        CancellationToken cancellationToken = default)
    {
        Point(CrashPoint.AfterCommit);
        return Task.CompletedTask;
    }

    public ValueTask<InterceptionResult> ConnectionOpeningAsync(DbConnection connection, ConnectionEventData eventData,
        InterceptionResult result, CancellationToken cancellationToken = default) =>
        _dead ? throw new ProcessDied() : ValueTask.FromResult(result);

    /// <summary>Closes for good: each world puts another file in place.</summary>
    public DbConnection ConnectionCreated(ConnectionCreatedEventData eventData, DbConnection result)
    {
        ((SqliteSession)result).StaysOpen = false;
        return result;
    }
}
