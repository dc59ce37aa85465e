using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Stipend.Platform.Data;

/// <summary>What a database error means, on either engine.</summary>
public static class Faults
{
    extension(Exception error)
    {
        /// <summary>A unique or primary key said no: somebody else was first.</summary>
        public bool IsDuplicate => Cause(error) switch
        {
            SqliteException { SqliteExtendedErrorCode: 2067 or 1555 or 2579 } => true,
            PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } => true,
            _ => false,
        };

        /// <summary>The row changed since it was read (version token), or the engine asks for another try.</summary>
        public bool IsStale => error is DbUpdateConcurrencyException || Cause(error) is PostgresException
        {
            SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected,
        };

        /// <summary>No room, or the disk does not take writes.</summary>
        public bool IsDiskTrouble => Cause(error) switch
        {
            SqliteException { SqliteErrorCode: 13 or 8 or 10 } => true, // FULL, READONLY, IOERR
            PostgresException { SqlState: PostgresErrorCodes.DiskFull } => true,
            IOException { HResult: 28 } => true, // ENOSPC
            _ => false,
        };
    }

    private static Exception Cause(Exception error) => error is DbUpdateException { InnerException: { } inner } ? inner : error;
}
