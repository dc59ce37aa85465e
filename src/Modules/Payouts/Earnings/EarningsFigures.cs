using Stipend.Campaigns.Contracts;
using Stipend.Ledger.Contracts;

namespace Stipend.Payouts.Earnings;

/// <summary>What a campaign can be paid out now, on the dashboard's cards. One command per set of books.</summary>
internal sealed class EarningsFigures(ILedger ledger) : IDashboardFigures
{
    public int Order => 10;

    public async Task<IReadOnlyDictionary<long, IReadOnlyList<DashboardFigure>>> Of(IReadOnlyList<CampaignInfo> campaigns,
        CancellationToken ct)
    {
        var figures = new Dictionary<long, IReadOnlyList<DashboardFigure>>();
        foreach (var book in campaigns.GroupBy(c => c.BookId))
        {
            var balances = (await ledger.Balances(book.Key, new BalanceFilter(AccountKind.CreatorPayable), ct))
                .ToLookup(b => b.Account.OwnerId);
            foreach (var campaign in book)
                figures[campaign.Id] = balances[campaign.Id]
                    .DefaultIfEmpty(new AccountBalance(AccountRef.Creator(campaign.Id), campaign.Currency, 0, 0))
                    .Select(b => new DashboardFigure("Available", b.Balance, "earnings")).ToList();
        }
        return figures;
    }
}
