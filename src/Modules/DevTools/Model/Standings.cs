using System.Text.Json;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.DevTools.Contracts;
using Stipend.Ledger.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Messaging;

namespace Stipend.DevTools.Model;

/// <summary>Reads how a sandbox stands, from the modules that know.</summary>
internal sealed class Standings(IMemberships memberships, ILedger ledger, IBillingRuns runs)
{
    private const int MostRuns = 1_000;

    public async Task<Standing> Of(CampaignInfo campaign, CancellationToken ct)
    {
        var money = await ledger.CreatorBalance(campaign.BookId, campaign.Id, ct);
        return new Standing(await memberships.Counts(campaign.Id, ct),
            money.Select(m => new EarnedSum(m.Currency.Code, m.EarnedMinor, m.FeesMinor)).ToList());
    }

    /// <summary>What happened since a move began: the runs opened meanwhile, and the standing then and now.</summary>
    public async Task<MoveSummary> Since(SandboxMove move, CampaignInfo campaign, CancellationToken ct)
    {
        var mine = (await runs.List(move.BookId, emptyToo: false, MostRuns, ct))
            .Where(r => r.OpenedAt >= move.FromAt && r.OpenedAt <= move.ToAt).ToList();
        return new MoveSummary(mine.Count, mine.Count(r => r.State != "closed"), mine.Sum(r => r.Charges), mine.Sum(r => r.Paid),
            mine.Sum(r => r.Declined), mine.Sum(r => r.Waiting),
            mine.Sum(r => r.Unknown), mine.Sum(r => r.ParkedPatrons), Read<Standing>(move.BeforeJson),
            await Of(campaign, ct));
    }

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Json.Options);
    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Json.Options)!;

    public static MoveInfo Info(SandboxMove move) => new(move.Id, move.FromAt, move.ToAt, move.At, move.Stops, move.State, move.Note,
        move.SummaryJson is { } json ? Read<MoveSummary>(json) : null);
}
