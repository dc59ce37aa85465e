using Microsoft.Extensions.DependencyInjection;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.DevTools.Contracts;
using Stipend.DevTools.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.DevTools.Moving;

/// <summary>Carries a begun move out, telling the move's row where it is. Safe to repeat: a move taken up again goes on from where the
/// clock is.</summary>
internal sealed class MoveClock(Db db, Clock clock, Books books, TimeTravel travel, ICampaigns campaigns, Standings standings,
    IServiceScopeFactory scopes)
    : IPerform<MoveSandbox>
{
    public Task Perform(MoveSandbox message, MessageContext context, CancellationToken ct) => Run(message.MoveId, null, ct);

    /// <exception cref="Refusal">The clock cannot be moved on; the move has ended with the reason.</exception>
    /// <exception cref="OperationCanceledException">Stopped on the way; the move is still open.</exception>
    public async Task Run(long moveId, IProgress<Instant>? progress, CancellationToken ct)
    {
        var move = await db.SandboxMoves.AsNoTracking().FirstOrDefaultAsync(m => m.Id == moveId, ct);
        if (move is not { State: MoveState.Running }) return;
        var now = await books.Now(move.BookId, ct);
        try
        {
            await using var watch = new MoveWatch(moveId, now, progress, scopes, clock, ct);
            await travel.Advance(move.BookId, Instant.Max(move.ToAt, now), watch, watch.Lost);
            await watch.Stop();
        }
        catch (Refusal refusal)
        {
            await End(moveId, MoveState.Failed, refusal.Message, null, ct);
            if (move.PersonId is null) throw; // the caller waits for it; in the background the row tells
            return;
        }
        var summary = await campaigns.Find(move.CampaignId, ct) is { } campaign && campaign.BookId == move.BookId
            ? await standings.Since(move, campaign, ct) : null;
        await End(moveId, MoveState.Done, null, summary, ct);
    }

    /// <summary>Ends a running move; one that has ended already stays as it is.</summary>
    public async Task End(long moveId, MoveState state, string? note, MoveSummary? summary, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        if (await db.SandboxMoves.FirstOrDefaultAsync(m => m.Id == moveId && m.State == MoveState.Running, ct) is not { } move) return;
        (move.State, move.Note, move.EndedAt, move.BeatAt) = (state, note, clock.Now(), clock.Now());
        if (state == MoveState.Done) move.At = move.ToAt;
        if (summary is not null) move.SummaryJson = Standings.Write(summary);
        await transaction.Commit(ct);
    }
}
