using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Platform.Time;

/// <summary>The clocks of the books: a sandbox book runs ahead of the wall clock by an offset that only grows.</summary>
public sealed class Books(Db db, Clock clock, Ids ids)
{
    /// <summary>The present in a book.</summary>
    public async Task<Instant> Now(long bookId, CancellationToken ct = default)
    {
        if (bookId == Book.Live) return clock.Now();
        await using var command = await db.Command("SELECT offset_ms FROM book WHERE id = @id", ct, ("id", bookId));
        return await command.ExecuteScalarAsync(ct) is long offset ? clock.Now() + Duration.FromMilliseconds(offset) : throw Refusal.NotFound("book");
    }

    /// <summary>Opens a sandbox book whose clock starts at the present.</summary>
    public async Task<long> OpenSandbox(CancellationToken ct = default)
    {
        var id = ids.Next();
        await db.Execute("INSERT INTO book (id, kind, offset_ms, created_at) VALUES (@id, 'sandbox', 0, @now)", ct, ("id", id), ("now", clock.Now()));
        return id;
    }

    /// <summary>Every sandbox book's id.</summary>
    public async Task<List<long>> Sandboxes(CancellationToken ct = default)
    {
        await using var command = await db.Command("SELECT id FROM book WHERE kind = 'sandbox' ORDER BY id", ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<long>();
        while (await reader.ReadAsync(ct)) found.Add(reader.GetInt64(0));
        return found;
    }

    internal async Task SetNow(long bookId, Instant to, CancellationToken ct)
    {
        var offset = (long)(to - clock.Now()).TotalMilliseconds;
        if (await db.Execute("UPDATE book SET offset_ms = @offset WHERE id = @id AND kind = 'sandbox' AND offset_ms <= @offset", ct, ("offset", offset), ("id", bookId)) == 0
            && await Now(bookId, ct) > to + Duration.FromSeconds(5))
            throw Refusal.Invalid("clock_backwards", "A sandbox clock only moves forward. Erase the sandbox's data to start again.");
    }
}

/// <summary>Moves a sandbox book's clock forward, stopping at each due message on the way, so that everything happens at its own time.</summary>
public sealed class TimeTravel(MessageRunner runner, Microsoft.Extensions.DependencyInjection.IServiceScopeFactory scopes)
{
    /// <param name="bookId">A sandbox book.</param>
    /// <param name="to">The time to arrive at.</param>
    /// <param name="progress">Told each time the clock stops on the way.</param>
    /// <param name="ct">Cancels between stops.</param>
    public async Task Advance(long bookId, Instant to, IProgress<Instant>? progress = null, CancellationToken ct = default)
    {
        if (bookId == Book.Live) throw Refusal.Invalid("live_clock", "The real books live by the real clock. Only a sandbox campaign's clock can be advanced.");
        await runner.RunDue(ct);
        while (await runner.NextDue(bookId, ct) is { } next && next <= to)
        {
            await Set(bookId, next, ct);
            progress?.Report(next);
            await runner.RunDue(ct);
        }
        await Set(bookId, to, ct);
        await runner.RunDue(ct);
    }

    private async Task Set(long bookId, Instant to, CancellationToken ct)
    {
        await using var scope = Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.CreateAsyncScope(scopes);
        await Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<Books>(scope.ServiceProvider).SetNow(bookId, to, ct);
    }
}
