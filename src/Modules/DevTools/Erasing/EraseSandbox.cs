using Stipend.Campaigns.Contracts;
using Stipend.DevTools.Moving;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.DevTools.Erasing;

/// <summary>
/// Empties a sandbox: every module erases its rows of the book, in one transaction. The campaign then has other books, so that a straggler
/// that still knows the old ones can spoil nothing; the old book stays as an empty name, because posts remember where they were published.
/// </summary>
internal sealed class EraseSandbox(Db db, ICampaigns campaigns, IEnumerable<IErasesBook> erasers, OpenMove moves, MessageRunner runner,
    Clock clock)
{
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(50);
    private const int Glances = 100;

    /// <param name="campaignId">A sandbox campaign.</param>
    /// <param name="nextBook">Opens or names the books the campaign has afterwards; runs in the transaction.</param>
    /// <param name="ct">Cancels.</param>
    public async Task Handle(long campaignId, Func<CampaignInfo, CancellationToken, Task<long>> nextBook, CancellationToken ct)
    {
        await AwaitQuiet((await OpenMove.Sandbox(campaigns, campaignId, ct)).BookId, ct);
        await using var transaction = await db.BeginWrite(ct);
        var campaign = await OpenMove.Sandbox(campaigns, campaignId, ct);
        await moves.EndDead(campaign.BookId, ct);
        foreach (var eraser in erasers.OrderByDescending(e => e.Order)) await eraser.Erase(campaign.BookId, ct);
        // The messages' rows are locked or gone by now, so nobody can begin; who had begun before still shows from outside this
        // transaction.
        if (await runner.InFlight(campaign.BookId, ct)) throw Busy();
        await campaigns.SetBook(campaign.Id, await nextBook(campaign, ct), ct);
        await transaction.Commit(ct);
    }

    private async Task AwaitQuiet(long bookId, CancellationToken ct)
    {
        for (var glance = 0; await runner.InFlight(bookId, ct); glance++)
        {
            if (glance == Glances) throw Busy();
            await Task.Delay(s_glance, clock.Provider, ct);
        }
    }

    private static Refusal Busy() =>
        Refusal.Conflict("sandbox_busy", "The site is at work on this sandbox right now. Nothing was erased; try again in a moment.");
}

/// <summary>Forgets the moves of an erased sandbox.</summary>
internal sealed class EraseMoves(Db db) : IErasesBook
{
    public Task Erase(long bookId, CancellationToken ct) =>
        db.Execute("DELETE FROM sandbox_move WHERE book_id = @book", ct, ("book", bookId));
}
