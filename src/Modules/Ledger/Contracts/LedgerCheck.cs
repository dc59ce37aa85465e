using Stipend.Ledger.Verifying;
using Stipend.Platform.Data;

namespace Stipend.Ledger.Contracts;

/// <summary>Checks books without the site around them: read-only, on a connection of its own, also beside a running site.</summary>
public static class LedgerCheck
{
    /// <summary>Checks the books where a site keeps its data.</summary>
    /// <exception cref="Refusal">The data folder has no data file yet.</exception>
    public static async Task<VerifyReport> Of(DataOptions data, long? bookId = null, CancellationToken ct = default)
    {
        data.ShouldHaveData();
        await using var view = data.Postgres is { } postgres
            ? await BookView.OfPostgres(postgres, ct)
            : await BookView.OfFile(data.SqliteFile, isCopy: false, ct);
        return await new VerifyBooks(view).Run(bookId, ct);
    }

    /// <summary>Checks a copy of a data file that nobody writes to.</summary>
    /// <exception cref="Refusal">There is no such file, or it is not a Stipend data file.</exception>
    public static async Task<VerifyReport> OfCopy(string file, long? bookId = null, CancellationToken ct = default)
    {
        await using var view = await BookView.OfFile(file, isCopy: true, ct);
        return await new VerifyBooks(view).Run(bookId, ct);
    }
}
