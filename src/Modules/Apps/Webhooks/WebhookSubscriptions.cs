using Microsoft.EntityFrameworkCore;
using Stipend.Apps.Model;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Apps.Webhooks;

/// <summary>Making and changing webhooks, by the same rules for apps and for creators.</summary>
internal sealed class WebhookSubscriptions(Db db, Ids ids, Clock clock, DeliveryQueue queue)
{
    /// <summary>Of a campaign. They stand on one page, a line each; what was delivered to one is paged.</summary>
    public const int Most = 200;

    /// <exception cref="Refusal">The address or a trigger is wrong, or there are too many.</exception>
    public async Task<Webhook> Add(CampaignInfo campaign, long? clientId, string scope, string origin, string uri,
        IReadOnlyCollection<string> triggers, CancellationToken ct)
    {
        var webhook = new Webhook
        {
            Id = ids.Next(), CampaignId = campaign.Id, OwnerId = campaign.OwnerId, ClientId = clientId, Uri = Address(uri), Triggers = Checked(triggers, scope),
            Secret = Signatures.NewSecret(), Scope = scope, Origin = origin, CreatedAt = clock.Now(),
        };
        await using var transaction = await db.BeginWrite(ct);
        if (await db.Webhooks.CountAsync(w => w.CampaignId == campaign.Id, ct) >= Most)
            throw Refusal.Conflict("too_many_webhooks", "A page has at most 200 webhooks. Remove one first.");
        db.Webhooks.Add(webhook);
        await transaction.Commit(ct);
        return webhook;
    }

    /// <summary>Changes what is named. Letting a paused one go on, or one that failed, sends at once what waited.</summary>
    public async Task Change(long webhookId, string? uri, IReadOnlyCollection<string>? triggers, bool? paused, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        if (uri is not null) await db.Execute("UPDATE webhook SET uri = @uri WHERE id = @id", ct, ("uri", Address(uri)), ("id", webhookId));
        if (triggers is not null)
        {
            var scope = await db.Webhooks.Where(w => w.Id == webhookId).Select(w => w.Scope).FirstOrDefaultAsync(ct);
            await db.Execute("UPDATE webhook SET triggers = @triggers WHERE id = @id", ct, ("triggers", Checked(triggers, scope ?? "")),
                ("id", webhookId));
        }
        if (paused == true) await queue.Pause(webhookId, ct);
        else if (paused == false) await queue.Resume(webhookId, ct);
        await transaction.Commit(ct);
    }

    private static string Address(string uri) =>
        uri.Length <= 2_000 && Uri.TryCreate(uri.Trim(), UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            && address.UserInfo.Length == 0 && address.Host.Length > 0
            ? uri.Trim()
            : throw Refusal.InvalidField("uri", "An address that begins with https:// and has no user name in it.");

    private static string Checked(IReadOnlyCollection<string> triggers, string scope)
    {
        if (triggers.Count == 0) throw Refusal.InvalidField("triggers", "Choose at least one.");
        if (triggers.FirstOrDefault(t => !Triggers.All.Contains(t)) is { } unknown)
            throw Refusal.InvalidField("triggers", $"Nothing is called “{unknown}”.");
        var opened = Scopes.Opened(scope);
        return triggers.FirstOrDefault(t => !opened.Contains(Triggers.ScopeOf(t))) is { } closed
            ? throw Refusal.Forbidden($"To be told of “{closed}”, the access token that makes the webhook needs the scope {Triggers.ScopeOf(closed)}.")
            : Triggers.Kept(triggers);
    }
}
