using System.Buffers;
using System.Text.Json;
using Stipend.Accounts.Contracts;
using Stipend.Apps.Answers;
using Stipend.Apps.JsonApi;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Apps.V1;
using Stipend.Apps.V2;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Posts.Contracts;

namespace Stipend.Apps.Webhooks;

/// <summary>Those who are told the same: what they may see, and where they reached this site.</summary>
internal sealed record PayloadView(string Scope, string Origin);

/// <summary>
/// Writes what webhooks are told: what the API would answer if everything were asked for. Many members of a campaign cost as many commands
/// as one.
/// </summary>
internal sealed class Payloads(IServiceProvider services, IMembers members, IPledgeRoll roll, IPeople people, Reads reads, FirstReads firstReads)
{
    private static readonly string[][] s_ofMember = [["campaign"], ["user"], ["currently_entitled_tiers"], ["address"]];
    private static readonly string[][] s_ofPost = [["campaign"], ["user"]];
    private static readonly string[][] s_ofPledge = [["creator"], ["patron"], ["reward"], ["address"], ["card"]];

    /// <summary>A document per person who is or was a member.</summary>
    public async Task<IReadOnlyDictionary<long, byte[]>> Members(CampaignInfo campaign, IReadOnlyCollection<long> personIds, PayloadView view,
        CancellationToken ct)
    {
        var query = ApiQuery.AllOf(s_ofMember, Schema.Member, Schema.Campaign, Schema.User, Schema.Tier)
            .Without(Schema.User, "email", "is_email_verified", "can_see_nsfw");
        if (await Call(campaign, query, Scopes.Members, view, ct) is not { } call) return new Dictionary<long, byte[]>();
        var found = await reads.MembersOf(await members.Among(campaign, personIds, ct), Known(campaign), call);
        var document = await Document.Of(call, Schema.Member, found);
        return found.Index().ToDictionary(m => m.Item.Member.Now.PersonId, m => Text(document, m.Index));
    }

    /// <summary>Version 1's document of each person's last pledge.</summary>
    public async Task<IReadOnlyDictionary<long, byte[]>> Pledges(CampaignInfo campaign, IReadOnlyCollection<long> personIds, PayloadView view,
        CancellationToken ct)
    {
        if (await Call(campaign, ApiQuery.First(s_ofPledge), Scopes.Members, view, ct) is not { } call) return new Dictionary<long, byte[]>();
        var found = await firstReads.Pledges(await roll.Last(campaign.BookId, campaign.Id, personIds, ct), Known(campaign), call);
        var document = await Document.Of(call, FirstSchema.Pledge, found);
        return found.Index().ToDictionary(p => p.Item.Pledge.Key.PatronId, p => Text(document, p.Index));
    }

    public async Task<byte[]?> Post(CampaignInfo campaign, PublishedPost post, PayloadView view, CancellationToken ct)
    {
        var query = ApiQuery.AllOf(s_ofPost, Schema.Post, Schema.Campaign, Schema.User).Without(Schema.User, "email", "is_email_verified",
            "can_see_nsfw");
        if (await Call(campaign, query, Scopes.Posts, view, ct) is not { } call) return null;
        return Text(await Document.Of(call, Schema.Post, await reads.PostsOf([post], campaign, call)), 0);
    }

    /// <summary>The question nobody asked, in the owner's name; null when there is no owner any more, or the webhook's token could not ask
    /// it.</summary>
    private async Task<ApiCall?> Call(CampaignInfo campaign, ApiQuery query, string scope, PayloadView view, CancellationToken ct)
    {
        if (!Scopes.Opened(view.Scope).Contains(scope)) return null;
        if (await people.Find(campaign.OwnerId, ct) is not { IsClosed: false } owner) return null;
        var bearer = new Bearer(owner, new OauthClient { CampaignId = campaign.Id, OwnerId = owner.Id }, Scopes.Opened(view.Scope), "");
        return ApiCall.Unasked(services, bearer, query, view.Origin, ct);
    }

    private static byte[] Text(Document document, int index)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, ApiAnswers.Writing)) document.WriteOne(json, index);
        return ScriptText.Of(buffer.WrittenSpan);
    }

    private static Dictionary<long, CampaignInfo> Known(CampaignInfo campaign) => new() { [campaign.Id] = campaign };
}
