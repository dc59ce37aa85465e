using Microsoft.Extensions.DependencyInjection;
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
        return await command.ExecuteScalarAsync(ct) is long offset ? clock.Now() + Duration.FromMilliseconds(offset)
            : throw Refusal.NotFound("book");
    }

    /// <summary>Opens a sandbox book whose clock starts at the present.</summary>
    public async Task<long> OpenSandbox(CancellationToken ct = default)
    {
        var id = ids.Next();
        await db.Execute("INSERT INTO book (id, kind, offset_ms, created_at) VALUES (@id, 'sandbox', 0, @now)", ct, ("id", id),
            ("now", clock.Now()));
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

    /// <summary>Sets a sandbox's clock to a later time; an earlier one leaves it as it is.</summary>
    internal async Task SetNow(long bookId, Instant to, CancellationToken ct)
    {
        var offset = (long)(to - clock.Now()).TotalMilliseconds;
        await db.Execute("UPDATE book SET offset_ms = @offset WHERE id = @id AND kind = 'sandbox' AND offset_ms < @offset", ct,
            ("offset", offset), ("id", bookId));
    }
}

/// <summary>Moves a sandbox book's clock forward, stopping at each due message on the way, so that everything happens at its own
/// time.</summary>
public sealed class TimeTravel(MessageRunner runner, Clock clock, IServiceScopeFactory scopes)
{
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <param name="bookId">A sandbox book.</param>
    /// <param name="to">The time to arrive at.</param>
    /// <param name="progress">Told each time the clock stops on the way.</param>
    /// <param name="ct">Cancels between stops.</param>
    /// <exception cref="Refusal">The real books, a time that has passed, or a message of the book that somebody else is at work on and does
    /// not end.</exception>
    public async Task Advance(long bookId, Instant to, IProgress<Instant>? progress = null, CancellationToken ct = default)
    {
        if (bookId == Book.Live) throw Refusal.Invalid("live_clock",
            "The real books live by the real clock. Only a sandbox campaign's clock can be advanced.");
        if (to < await InBooks(books => books.Now(bookId, ct)) - Duration.FromSeconds(5))
            throw Refusal.Invalid("clock_backwards", "A sandbox clock only moves forward. Erase the sandbox's data to start again.");
        await Settle(bookId, ct);
        while (await runner.NextDue(bookId, ct) is { } next && next <= to)
        {
            await Set(bookId, next, ct);
            progress?.Report(next);
            await Settle(bookId, ct);
        }
        await Set(bookId, to, ct);
        await Settle(bookId, ct);
    }

    /// <summary>Runs what is due and waits for what others are at work on, so that the clock never runs ahead of the work.</summary>
    private async Task Settle(long bookId, CancellationToken ct)
    {
        var waited = TimeSpan.Zero;
        while (true)
        {
            await runner.RunDue(ct);
            if (!await runner.InFlight(bookId, ct)) return;
            if (waited > s_patience)
                throw Refusal.Conflict("sandbox_busy",
                    "Another process is at work on this sandbox and does not come to an end. If it has died, try again in five minutes.");
            await Task.Delay(s_glance, clock.Provider, ct);
            waited += s_glance;
        }
    }

    private Task Set(long bookId, Instant to, CancellationToken ct) => InBooks(async books =>
    {
        await books.SetNow(bookId, to, ct);
        return true;
    });

    private async Task<T> InBooks<T>(Func<Books, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<Books>());
    }
}
