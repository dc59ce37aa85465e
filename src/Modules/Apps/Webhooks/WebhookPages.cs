using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Apps.JsonApi;
using Stipend.Apps.Model;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;

namespace Stipend.Apps.Webhooks;

/// <summary>A creator's webhooks, those their apps made included: add, change, pause, look at every delivery and send it again.</summary>
internal static class WebhookPages
{
    private const int LogLines = 30;
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal sealed record Services(Db Db, ICampaigns Campaigns, Books Books, WebhookSubscriptions Subscriptions, DeliveryQueue Queue);

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/webhooks", (string vanity, HttpContext http, Services s, CancellationToken ct) =>
            Draw(vanity, http, FormState.Empty, s, ct)).RequireSignIn();
        app.MapPost("/{vanity}/webhooks", Add).RequireSignIn();
        app.MapGet("/{vanity}/webhooks/{id:long}", (string vanity, long id, long? before, HttpContext http, Services s, CancellationToken ct) =>
            DrawOne(vanity, id, before, http, FormState.Empty, s, ct)).RequireSignIn();
        app.MapPost("/{vanity}/webhooks/{id:long}", Change).RequireSignIn();
        app.MapPost("/{vanity}/webhooks/{id:long}/pause", Pause).RequireSignIn();
        app.MapPost("/{vanity}/webhooks/{id:long}/resume", Resume).RequireSignIn();
        app.MapPost("/{vanity}/webhooks/{id:long}/remove", Remove).RequireSignIn();
        app.MapGet("/{vanity}/webhooks/{id:long}/deliveries/{delivery:long}", ShowDelivery).RequireSignIn();
        app.MapPost("/{vanity}/webhooks/{id:long}/deliveries/{delivery:long}/again", SendAgain).RequireSignIn();
    }

    private static async Task<IResult> Draw(string vanity, HttpContext http, FormState form, Services s, CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, s, ct);
        var apps = s.Db.Clients;
        var rows = await (from webhook in s.Db.Webhooks.AsNoTracking()
                          where webhook.CampaignId == campaign.Id && webhook.OwnerId == campaign.OwnerId
                          orderby webhook.Id
                          select new WebhooksPage.Row(webhook.Id, webhook.Uri, apps.Where(c => c.Id == webhook.ClientId).Select(c => c.Name)
                              .FirstOrDefault(), webhook.IsPaused, webhook.Failures, webhook.LastAttemptedAt)).ToListAsync(ct);
        return Pages.Show<WebhooksPage>(new WebhooksPage.View(campaign, rows, Choices(), form, await s.Books.Now(campaign.BookId, ct)),
            form.HasErrors ? 422 : 200);
    }

    private static Task<IResult> Add(string vanity, HttpContext http, Services s, CancellationToken ct) => FormInput.Submit(http, async input =>
    {
        var campaign = await Owned(vanity, http, s, ct);
        var webhook = await s.Subscriptions.Add(campaign, null, string.Join(' ', Scopes.All), ApiCall.OriginOf(http.Request),
            input.Required("uri", 2_000), input.All("triggers"), ct);
        http.Flashes("Added. Check signatures with the secret below.");
        return Pages.SeeOther($"/{campaign.Vanity}/webhooks/{webhook.Id}");
    }, state => Draw(vanity, http, state, s, ct));

    private static async Task<IResult> DrawOne(string vanity, long id, long? before, HttpContext http, FormState form, Services s,
        CancellationToken ct)
    {
        var (campaign, webhook) = await Find(vanity, id, http, s, ct);
        var log = await s.Db.WebhookDeliveries.AsNoTracking().Where(d => d.WebhookId == id && (before == null || d.Id < before))
            .OrderByDescending(d => d.Id).Take(LogLines + 1).ToListAsync(ct);
        var waiting = await s.Db.WebhookDeliveries.CountAsync(d => d.WebhookId == id && d.IsWaiting, ct);
        return Pages.Show<WebhookPage>(new WebhookPage.View(campaign, id, webhook.Uri, webhook.Secret, webhook.TriggerList, Choices(),
            webhook.IsPaused, webhook.Failures, webhook.Failures > 0 ? webhook.DueAt : null, waiting, log.Take(LogLines).Select(Line).ToList(),
            log.Count > LogLines ? log[LogLines - 1].Id : null, before is not null, form, await s.Books.Now(campaign.BookId, ct)),
            form.HasErrors ? 422 : 200);
    }

    private static Task<IResult> Change(string vanity, long id, HttpContext http, Services s, CancellationToken ct) =>
        FormInput.Submit(http, async input =>
        {
            await Find(vanity, id, http, s, ct);
            await s.Subscriptions.Change(id, input.Required("uri", 2_000), input.All("triggers"), null, ct);
            http.Flashes("Saved.");
            return Pages.SeeOther($"/{vanity}/webhooks/{id}");
        }, state => DrawOne(vanity, id, null, http, state, s, ct));

    private static async Task<IResult> Pause(string vanity, long id, HttpContext http, Services s, CancellationToken ct)
    {
        await Find(vanity, id, http, s, ct);
        await s.Queue.Pause(id, ct);
        return Pages.SeeOther($"/{vanity}/webhooks/{id}");
    }

    private static async Task<IResult> Resume(string vanity, long id, HttpContext http, Services s, CancellationToken ct)
    {
        await Find(vanity, id, http, s, ct);
        await s.Queue.Resume(id, ct);
        http.Flashes("What waited is being sent now.");
        return Pages.SeeOther($"/{vanity}/webhooks/{id}");
    }

    private static async Task<IResult> Remove(string vanity, long id, HttpContext http, Services s, CancellationToken ct)
    {
        await Find(vanity, id, http, s, ct);
        await s.Queue.Remove([id], ct);
        http.Flashes("Removed.");
        return Pages.SeeOther($"/{vanity}/webhooks");
    }

    private static async Task<IResult> ShowDelivery(string vanity, long id, long delivery, HttpContext http, Services s, CancellationToken ct)
    {
        var (campaign, webhook) = await Find(vanity, id, http, s, ct);
        var found = await s.Db.WebhookDeliveries.AsNoTracking().FirstOrDefaultAsync(d => d.Id == delivery && d.WebhookId == id, ct)
            ?? throw Refusal.NotFound("delivery");
        var body = await s.Db.WebhookPayloads.AsNoTracking().Where(p => p.Id == found.PayloadId).Select(p => p.Body).SingleAsync(ct);
        var headers = Courier.Headers(webhook.Secret, new Parcel(found.Id, found.Event, body), found.AttemptedAt ?? found.CreatedAt);
        using var document = JsonDocument.Parse(body);
        return Pages.Show<DeliveryPage>(new DeliveryPage.View(campaign, id, webhook.Uri, Line(found), headers,
            JsonSerializer.Serialize(document.RootElement, s_indented), found.Answer, await s.Books.Now(campaign.BookId, ct)));
    }

    private static async Task<IResult> SendAgain(string vanity, long id, long delivery, HttpContext http, Services s, CancellationToken ct)
    {
        await Find(vanity, id, http, s, ct);
        var andAllAfter = (await FormInput.Read(http, ct)).Raw("from") == "here";
        await s.Queue.SendAgain(id, delivery, andAllAfter, ct);
        http.Flashes("It is being sent again.");
        return Pages.SeeOther(andAllAfter ? $"/{vanity}/webhooks/{id}" : $"/{vanity}/webhooks/{id}/deliveries/{delivery}");
    }

    private static WebhookPage.Line Line(WebhookDelivery d) =>
        new(d.Id, d.MessageId, d.Event, d.CreatedAt, d.IsWaiting, d.Attempts, d.AnswerStatus, d.Trouble, d.TookMs, d.AttemptedAt);

    private static List<Option> Choices() => Triggers.All.Select(t => new Option(t, t, Triggers.Words(t))).ToList();

    private static async Task<CampaignInfo> Owned(string vanity, HttpContext http, Services s, CancellationToken ct) =>
        await s.Campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");

    private static async Task<(CampaignInfo, Webhook)> Find(string vanity, long id, HttpContext http, Services s, CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, s, ct);
        return (campaign, await s.Db.Webhooks.AsNoTracking().FirstOrDefaultAsync(w => w.Id == id && w.CampaignId == campaign.Id
            && w.OwnerId == campaign.OwnerId, ct) ?? throw Refusal.NotFound("webhook"));
    }
}
