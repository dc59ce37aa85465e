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

        /// <summary>The database cannot be opened at all: no server, no such database, wrong password, not a data file.</summary>
        public bool IsUnreachable => Cause(error) switch
        {
            SqliteException { SqliteErrorCode: 14 or 26 } => true, // CANTOPEN, NOTADB
            PostgresException { SqlState: ['0', '8', ..] or ['2', '8', ..] or ['3', 'D', ..] or ['5', '7', 'P', ..] } => true,
            PostgresException => false,
            NpgsqlException => true,
            _ => false,
        };

        /// <summary>The file is not a sound SQLite file: it was damaged, or never was one.</summary>
        public bool IsDamaged => Cause(error) is SqliteException { SqliteErrorCode: 11 or 26 }; // CORRUPT, NOTADB

        /// <summary>The database's own words, out of whatever wraps them.</summary>
        public string DatabaseMessage => Cause(error).Message;

        /// <summary>No room, or the disk does not take writes.</summary>
        public bool IsDiskTrouble => Cause(error) switch
        {
            SqliteException { SqliteErrorCode: 13 or 8 or 10 } => true, // FULL, READONLY, IOERR
            PostgresException { SqlState: PostgresErrorCodes.DiskFull } => true,
            IOException { HResult: 28 or 30 } => true, // ENOSPC, EROFS
            _ => false,
        };
    }

    /// <summary>The database's or the disk's own error inside whatever wraps it.</summary>
    private static Exception Cause(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException)
            if (e is SqliteException or NpgsqlException or IOException) return e;
        return error;
    }
}
