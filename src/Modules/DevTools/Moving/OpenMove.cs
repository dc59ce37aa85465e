using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.DevTools.Contracts;
using Stipend.DevTools.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.DevTools.Moving;

/// <summary>A job: moves a sandbox's clock to where a move says.</summary>
internal sealed record MoveSandbox(long MoveId);

/// <summary>Begins a move of a sandbox's clock. One book moves once at a time: the running row is the lock, its unique index makes it
/// true.</summary>
internal sealed class OpenMove(Db db, Ids ids, Clock clock, Books books, ICampaigns campaigns, Standings standings, Outbox outbox)
{
    /// <summary>A mover not heard of for so long is gone; its move may be ended by the next one.</summary>
    public static readonly Duration Silence = Duration.FromMinutes(2);

    /// <param name="campaignId">A sandbox campaign.</param>
    /// <param name="leap">How far.</param>
    /// <param name="personId">Who asks, for a move in the background; null: the caller moves the clock itself.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<SandboxMove> Handle(long campaignId, Leap leap, long? personId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var campaign = await Sandbox(campaigns, campaignId, ct);
        var from = await books.Now(campaign.BookId, ct);
        var to = leap.From(from, campaign.Zone);
        await EndDead(campaign.BookId, ct);
        var move = new SandboxMove
        {
            Id = ids.Next(), BookId = campaign.BookId, CampaignId = campaign.Id, PersonId = personId, FromAt = from, ToAt = to, At = from,
            BeforeJson = Standings.Write(await standings.Of(campaign, ct)), StartedAt = clock.Now(), BeatAt = clock.Now(),
        };
        db.SandboxMoves.Add(move);
        if (personId is not null) outbox.Publish(new MoveSandbox(move.Id));
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (DbUpdateException error) when (error.IsDuplicate)
        {
            throw Busy(null);
        }
        if ((await Sandbox(campaigns, campaignId, ct)).BookId != campaign.BookId) // an erasing held the row's key and finished first
            throw Refusal.Conflict("sandbox_busy", "This sandbox was erased in the same moment. Look at it again.");
        await transaction.Commit(ct);
        return move;
    }

    /// <summary>The campaign, when it is in its sandbox.</summary>
    public static async Task<CampaignInfo> Sandbox(ICampaigns campaigns, long campaignId, CancellationToken ct)
    {
        var campaign = await campaigns.Find(campaignId, ct) ?? throw Refusal.NotFound("campaign");
        return campaign.IsSandbox ? campaign : throw Refusal.Conflict("not_a_sandbox",
            $"{campaign.Name} is live: its members are real and its clock is the real one. Only a campaign in its sandbox can do this.");
    }

    /// <summary>Refuses while a mover of the book is alive, and ends the move of one that is not.</summary>
    public async Task EndDead(long bookId, CancellationToken ct)
    {
        var running = await db.SandboxMoves.FirstOrDefaultAsync(m => m.BookId == bookId && m.State == MoveState.Running, ct);
        if (running is null) return;
        if (running.BeatAt > clock.Now() - Silence) throw Busy(running);
        (running.State, running.EndedAt, running.Note) = (MoveState.Failed, clock.Now(), "It was interrupted and did not go on.");
        await db.SaveChangesAsync(ct);
    }

    private static Refusal Busy(SandboxMove? running) => Refusal.Conflict("sandbox_moving", running is null
        ? "This sandbox's clock is being moved already. Wait until it has arrived."
        : $"This sandbox's clock is being moved already, to {Columns.Iso(running.ToAt.InUtc().Date)}. Wait until it has arrived.");
}
