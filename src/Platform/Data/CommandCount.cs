using System.Data.Common;
using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Stipend.Platform.Data;

/// <summary>
/// Counts the SQL commands this site sends: those of EF as they run, those of <see cref="Db.Command"/> as they are made. For telemetry, and
/// for the test that keeps the number per page constant, whatever the page holds.
/// </summary>
public sealed class CommandCount : DbCommandInterceptor
{
    private static readonly Meter s_meter = new("Stipend.Data");
    private static readonly Counter<long> s_commands = s_meter.CreateCounter<long>("stipend.data.commands",
        description: "SQL commands sent");
    private long _commands;

    /// <summary>Commands since the start.</summary>
    public long Value => Interlocked.Read(ref _commands);

    internal void Add()
    {
        Interlocked.Increment(ref _commands);
        s_commands.Add(1);
    }

    public override InterceptionResult<DbDataReader> ReaderExecuting(DbCommand command, CommandEventData eventData,
        InterceptionResult<DbDataReader> result)
    {
        Add();
        return result;
    }

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        Add();
        return ValueTask.FromResult(result);
    }

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Add();
        return ValueTask.FromResult(result);
    }

    public override ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default)
    {
        Add();
        return ValueTask.FromResult(result);
    }
}
