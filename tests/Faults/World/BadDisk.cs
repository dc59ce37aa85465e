using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Stipend.Platform.Data;

namespace Stipend.Faults.World;

/// <summary>What the data file's disk takes at the moment.</summary>
internal enum DiskState { Well, Full, ReadOnly }

/// <summary>
/// Runs inside the program: SQLite itself refuses each write as on a disk without a page to spare, or on one that went read-only, while
/// the test says so. Connections close after each use, so that the next one meets the disk as it is then.
/// </summary>
internal sealed class BadDisk(SharedClock clock) : DbConnectionInterceptor
{
    /// <summary>Set to 1 for a program that shall have such a disk.</summary>
    public const string Variable = "STIPEND_FAULTS_DISK";

    public override DbConnection ConnectionCreated(ConnectionCreatedEventData eventData, DbConnection result)
    {
        ((SqliteSession)result).StaysOpen = false;
        return result;
    }

    public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData,
        CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = clock.Disk switch
        {
            DiskState.Full => "PRAGMA query_only = OFF; PRAGMA max_page_count = 1", // never below what the file has: no page more
            DiskState.ReadOnly => "PRAGMA query_only = ON",
            _ => "PRAGMA query_only = OFF; PRAGMA max_page_count = 1000000",
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
