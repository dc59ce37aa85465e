using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;

namespace Stipend.Payouts.Earnings;

/// <summary>
/// The creator's statement: earned, fees, pending and available, month by month, each number made from entries that can be looked at one by
/// one.
/// Only the owner finds it.
/// </summary>
internal static class EarningsPages
{
    private const int PageSize = 50;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/earnings", Statement).RequireSignIn();
        app.MapGet("/{vanity}/earnings/entries", Entries).RequireSignIn();
        app.MapGet("/{vanity}/earnings.csv", Csv).RequireSignIn();
    }

    private static async Task<CampaignInfo> Owned(HttpContext context, string vanity, ICampaigns campaigns, CancellationToken ct) =>
        await campaigns.FindOwned(vanity, context.RequireViewer().Id, ct) ?? throw Refusal.NotFound("campaign");

    private static async Task<IResult> Statement(HttpContext context, string vanity, ICampaigns campaigns, Books books, ILedger ledger,
        IBillingHistory billing, CancellationToken ct)
    {
        var campaign = await Owned(context, vanity, campaigns, ct);
        return Pages.Show<EarningsPage>(new EarningsPage.View(campaign, await books.Now(campaign.BookId, ct),
            await ledger.CreatorBalance(campaign.BookId, campaign.Id, ct),
            await billing.Pending(campaign.BookId, campaign.Id, ct), await ledger.CreatorMonths(campaign.BookId, campaign.Id, ct)));
    }

    private static async Task<IResult> Entries(HttpContext context, string vanity, string? currency, string? after, ICampaigns campaigns,
        Books books, ILedger ledger, CancellationToken ct)
    {
        var campaign = await Owned(context, vanity, campaigns, ct);
        var shown = currency is null ? campaign.Currency : Currency.Of(currency);
        var page = await ledger.Entries(campaign.BookId, AccountRef.Creator(campaign.Id), shown, Cursor(after), PageSize, ct);
        var next = page.Next is { } n
            ? $"/{campaign.Vanity}/earnings/entries?currency={shown}&after={n.JournalId}.{n.Seq}.{n.BalanceMinor}" : null;
        return Pages.Show<EntriesPage>(new EntriesPage.View(campaign, await books.Now(campaign.BookId, ct), shown, page.Entries, next));
    }

    /// <summary>Every entry as CSV, streamed page by page; only numbers, dates and our own words, so no cell can be a formula.</summary>
    private static async Task Csv(HttpContext context, string vanity, ICampaigns campaigns, ILedger ledger, CancellationToken ct)
    {
        var campaign = await Owned(context, vanity, campaigns, ct);
        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"earnings-{campaign.Vanity}.csv\"";
        await context.Response.WriteAsync("date,what,reference,amount,balance,currency\r\n", ct);
        foreach (var balance in await ledger.CreatorBalance(campaign.BookId, campaign.Id, ct))
        {
            for (EntryCursor? cursor = null; ;)
            {
                var page = await ledger.Entries(campaign.BookId, AccountRef.Creator(campaign.Id), balance.Currency, cursor, 500, ct);
                var rows = new StringBuilder();
                foreach (var e in page.Entries)
                    rows.Append(CultureInfo.InvariantCulture,
                        $"{Columns.Iso(e.EffectiveOn)},{e.Kind} {Columns.Of(e.Counterpart.Kind)},{e.RefId},{new Money(e.AmountMinor, balance.Currency).Amount()},{new Money(e.BalanceMinor, balance.Currency).Amount()},{balance.Currency}\r\n");
                await context.Response.WriteAsync(rows.ToString(), ct);
                if (page.Next is null) break;
                cursor = page.Next;
            }
        }
    }

    private static EntryCursor? Cursor(string? text)
    {
        var parts = (text ?? "").Split('.');
        return parts.Length == 3 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var journal)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
            && long.TryParse(parts[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var balance)
                ? new EntryCursor(journal, seq, balance) : null;
    }
}
