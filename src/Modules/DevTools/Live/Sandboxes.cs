using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.DevTools.Contracts;
using Stipend.DevTools.Erasing;
using Stipend.DevTools.Model;
using Stipend.DevTools.Moving;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.DevTools.Live;

/// <summary>The contract, answered by the slices; and the way between the sandbox and the real books.</summary>
internal sealed class Sandboxes(
    Db db, Books books, ICampaigns campaigns, IMemberships memberships, IBillingRuns runs, IBillingHistory history, Standings standings,
    OpenMove open, MoveClock mover, EraseSandbox eraser) : ISandboxes
{
    public async Task<SandboxStatus> Status(long campaignId, CancellationToken ct = default)
    {
        var campaign = await campaigns.Find(campaignId, ct) ?? throw Refusal.NotFound("campaign");
        var last = await db.SandboxMoves.AsNoTracking().Where(m => m.BookId == campaign.BookId).OrderByDescending(m => m.Id)
            .FirstOrDefaultAsync(ct);
        var next = (await runs.NextRuns(campaign.BookId, ct)).Select(n => new NextRun(n.ZoneId, n.On)).ToList();
        return new SandboxStatus(campaign.Id, campaign.Vanity, campaign.IsSandbox, await books.Now(campaign.BookId, ct),
            await standings.Of(campaign, ct), next,
            last is null ? null : Standings.Info(last));
    }

    public async Task<MoveInfo> Advance(long campaignId, Leap leap, IProgress<Instant>? progress = null, CancellationToken ct = default)
    {
        var move = await open.Handle(campaignId, leap, null, ct);
        db.ChangeTracker.Clear();
        try
        {
            await mover.Run(move.Id, progress, ct);
        }
        catch (OperationCanceledException)
        {
            await mover.End(move.Id, MoveState.Failed, "It was stopped on the way.", null, CancellationToken.None);
            throw;
        }
        return await FindMove(campaignId, move.Id, ct) ?? throw Refusal.NotFound("move");
    }

    public async Task<long> Start(long campaignId, Leap leap, long personId, CancellationToken ct = default) =>
        (await open.Handle(campaignId, leap, personId, ct)).Id;

    public async Task<MoveInfo?> FindMove(long campaignId, long moveId, CancellationToken ct = default) =>
        await db.SandboxMoves.AsNoTracking().FirstOrDefaultAsync(m => m.Id == moveId && m.CampaignId == campaignId, ct) is { } move
            ? Standings.Info(move) : null;

    public Task Erase(long campaignId, CancellationToken ct = default) =>
        eraser.Handle(campaignId, (_, stop) => books.OpenSandbox(stop), ct);

    public async Task GoLive(long campaignId, bool eraseFirst, CancellationToken ct = default)
    {
        if (!eraseFirst && !(await Status(campaignId, ct)).IsEmpty)
            throw Refusal.Conflict("sandbox_not_empty",
                "There are test members or test money in this sandbox. Tick that they may be erased; test data never goes live.");
        await eraser.Handle(campaignId, (_, _) => Task.FromResult(Book.Live), ct);
    }

    public async Task GoSandbox(long campaignId, CancellationToken ct = default)
    {
        await using var transaction = await db.BeginWrite(ct);
        var campaign = await campaigns.Find(campaignId, ct) ?? throw Refusal.NotFound("campaign");
        if (campaign.IsSandbox) throw Refusal.Conflict("sandbox_already", $"{campaign.Name} is in its sandbox already.");
        if (await memberships.Counts(campaignId, ct) is { Paid: > 0 } or { Free: > 0 } or { Declined: > 0 } or { Invited: > 0 })
            throw Refusal.Conflict("has_members", "Real people are members here, and in a sandbox they would lose what they joined for. "
                + "A campaign goes back only while it has no members.");
        if ((await history.Pending(campaign.BookId, campaignId, ct)).Count > 0)
            throw Refusal.Conflict("has_open_payments",
                "Payments of former members are still open. Wait until they are settled, then go back.");
        await campaigns.SetBook(campaignId, await books.OpenSandbox(ct), ct);
        await transaction.Commit(ct);
    }
}
