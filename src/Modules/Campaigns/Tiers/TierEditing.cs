using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Campaigns.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;

namespace Stipend.Campaigns.Tiers;

/// <summary>Changes to tiers. A new price is a new version; a tier is never deleted, since somebody may have joined it.</summary>
internal sealed class TierEditing(Db db, Books books, CampaignDirectory directory)
{
    public async Task<TierPage.EditView> Show(string vanity, long ownerId, long? id, FormState form, CancellationToken ct)
    {
        var campaign = await directory.FindOwned(vanity, ownerId, ct) ?? throw Refusal.NotFound("page");
        var present = await books.Now(campaign.BookId, ct);
        if (id is null) return new(campaign, present, null, 0, [], form);
        var row = await directory.Rows().FirstOrDefaultAsync(r => r.Tier.Id == id && r.Tier.CampaignId == campaign.Id, ct)
            ?? throw Refusal.NotFound("tier");
        var prices = await db.TierPrices.AsNoTracking().Where(p => p.TierId == id).OrderByDescending(p => p.Seq).ToListAsync(ct);
        return new(campaign, present, CampaignDirectory.Info(row), row.Tier.Version,
            prices.ConvertAll(p => new TierPage.PriceStep(new Money(p.PriceMinor, campaign.Currency), p.ValidFrom)), form);
    }

    /// <summary>Saves a tier of a campaign the caller owns; answers whether the price has a new version.</summary>
    public async Task<bool> Save(CampaignInfo campaign, long id, TierFields fields, int version, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var tiers = await db.Tiers.Where(t => t.CampaignId == campaign.Id).ToListAsync(ct);
        var tier = tiers.Find(t => t.Id == id) ?? throw Refusal.NotFound("tier");
        CampaignRules.Refuse(("name", CampaignRules.Name(fields.Name)), ("benefits", CampaignRules.Benefits(fields.Benefits)),
            ("price", CampaignRules.Price(fields.PriceMinor, campaign.Currency)), ("seats", CampaignRules.Seats(fields.SeatLimit)));
        if (tiers.Exists(t => t.Id != id && !t.IsRetired && string.Equals(t.Name, fields.Name, StringComparison.OrdinalIgnoreCase)))
            throw new Refusal(409, "tier_name_taken", $"This campaign already has a tier called “{fields.Name}”.",
                new Dictionary<string, string> { ["name"] = "Another tier has this name." });
        if (tier.Version != version)
            throw Refusal.Conflict("changed_meanwhile",
                "This tier was changed in another window since you opened this one. What you typed is still here: check it, then save.");

        var present = await db.TierPrices.AsNoTracking().FirstAsync(p => p.TierId == id && p.Seq == tier.PriceVersion, ct);
        var repriced = present.PriceMinor != fields.PriceMinor;
        if (repriced)
            db.TierPrices.Add(new TierPrice { TierId = id, Seq = ++tier.PriceVersion, PriceMinor = fields.PriceMinor,
                ValidFrom = await books.Now(campaign.BookId, ct) });
        (tier.Name, tier.Description, tier.Benefits, tier.SeatLimit) = (fields.Name, fields.Description,
            string.Join('\n', Tier.Lines(fields.Benefits)), fields.SeatLimit);
        tier.Version++;
        await transaction.Commit(ct);
        return repriced;
    }

    /// <summary>Swaps a tier with its neighbour among those open to new members; at the edge nothing happens.</summary>
    public async Task Move(long campaignId, long id, bool up, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var open = await db.Tiers.Where(t => t.CampaignId == campaignId && !t.IsRetired).OrderBy(t => t.Position).ThenBy(t => t.Id)
            .ToListAsync(ct);
        var at = open.FindIndex(t => t.Id == id);
        if (at < 0) throw Refusal.NotFound("tier");
        var to = up ? at - 1 : at + 1;
        if (to < 0 || to >= open.Count) return; // nothing was changed: the transaction ends without a commit
        (open[at], open[to]) = (open[to], open[at]);
        for (var i = 0; i < open.Count; i++) open[i].Position = i + 1;
        await transaction.Commit(ct);
    }

    /// <summary>Closes a tier to new members, or opens it again; answers its name.</summary>
    public async Task<string> Retire(string vanity, long ownerId, long id, bool retire, CancellationToken ct)
    {
        var campaign = await directory.FindOwned(vanity, ownerId, ct) ?? throw Refusal.NotFound("page");
        var tier = await db.Tiers.FirstOrDefaultAsync(t => t.Id == id && t.CampaignId == campaign.Id, ct) ?? throw Refusal.NotFound("tier");
        tier.IsRetired = retire;
        tier.Version++;
        await db.SaveChangesAsync(ct);
        return tier.Name;
    }
}
