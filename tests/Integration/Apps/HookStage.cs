using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Apps.Model;
using Stipend.Apps.Webhooks;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Integration.Apps;

/// <summary>A stage of the API beside a web server that takes its webhooks.</summary>
internal sealed class HookStage : IAsyncDisposable
{
    private HookStage(ApiStage api, Receiver receiver) => (Api, Receiver) = (api, receiver);

    public ApiStage Api { get; }
    public Receiver Receiver { get; }
    public Courier Courier => Api.App.Services.GetRequiredService<Courier>();

    public static async Task<HookStage> Start(Engine engine, string at = "2026-01-10", BillingModel model = BillingModel.MonthlyAnniversary,
        bool listens = false) =>
        new(await ApiStage.Start(engine, at, model: model, adjust: builder => builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["Stipend:Http:AllowedPrivateNetworks"] = "127.0.0.0/8" }), listens: listens), await Receiver.Start());

    /// <summary>A webhook as the creator adds one on their page.</summary>
    public Task<Webhook> Hook(string path, CampaignInfo? campaign = null, string? scope = null, params string[] triggers) =>
        Api.App.In(s => s.GetRequiredService<WebhookSubscriptions>().Add(campaign ?? Api.Campaign, null, scope ?? string.Join(' ', Scopes.All),
            "https://stipend.example", Receiver.Url(path), triggers.Length == 0 ? Triggers.All.Where(t => t[..7] != "pledges").ToList() : triggers, default));

    public Task<Webhook> Look(Webhook hook) => Api.App.In(async s => (await s.GetRequiredService<Db>().Webhooks.FindAsync(hook.Id))!);

    public Task Queue(Func<DeliveryQueue, Task> work) => Api.App.In(s => work(s.GetRequiredService<DeliveryQueue>()));

    /// <summary>Lets everything happen that is due, and answers what a path was told.</summary>
    public async Task<List<Arrived>> Told(string path)
    {
        await Api.App.Drain();
        await Courier.DeliverDue();
        return Receiver.Taken(path);
    }

    public async Task<List<string>> Events(string path) => (await Told(path)).ConvertAll(a => a.Event);

    /// <summary>The person a delivery tells of.</summary>
    public static string PersonOf(Arrived arrived) => arrived.Json.GetProperty("data").GetProperty("relationships").GetProperty("user")
        .GetProperty("data").GetProperty("id").GetString()!;

    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        await Receiver.DisposeAsync();
    }
}
