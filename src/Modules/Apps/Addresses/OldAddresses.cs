using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;

namespace Stipend.Apps.Addresses;

/// <summary>Addresses the API gives to people in Patreon's shape: they lead to this site's own pages.</summary>
internal static class OldAddresses
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/checkout/{vanity}", Checkout).AllowAnyone();
        app.MapGet("/user", User).AllowAnyone();
    }

    /// <summary>The checkout of the tier named by <c>rid</c>, or the campaign's page.</summary>
    private static async Task<IResult> Checkout(string vanity, long? rid, ICampaigns campaigns, CancellationToken ct)
    {
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        if (rid == V2.TierEntity.FreeId(campaign.Id)) return Pages.SeeOther($"/{campaign.Vanity}/join");
        return Pages.SeeOther(rid is { } tier && await campaigns.FindTier(tier, ct) is { } found && found.CampaignId == campaign.Id
            ? $"/{campaign.Vanity}/join/{tier}" : $"/{campaign.Vanity}");
    }

    /// <summary>A creator's page; who has none is shown the front page.</summary>
    private static async Task<IResult> User(long? u, ICampaigns campaigns, CancellationToken ct) => Pages.SeeOther(
        u is { } id && (await campaigns.OwnedBy(id, ct)).FirstOrDefault(c => c.IsPublished) is { } campaign ? $"/{campaign.Vanity}" : "/");
}
