using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;
using Stipend.Support;

namespace Stipend.Integration.Posts;

/// <summary>Ada with a campaign of two tiers, and what one does with posts there.</summary>
internal sealed class PostStage : IAsyncDisposable
{
    private long _cause = 500;

    private PostStage(TestApp app, Actor ada, CampaignInfo campaign, TierInfo small, TierInfo big) =>
        (App, Ada, Campaign, Small, Big) = (app, ada, campaign, small, big);

    public TestApp App { get; }
    public Actor Ada { get; }
    public CampaignInfo Campaign { get; }
    public TierInfo Small { get; }
    public TierInfo Big { get; }

    public static async Task<PostStage> Start(
        Engine engine, string at = "2026-01-15", BillingModel model = BillingModel.PerCreation, string zone = "Europe/Berlin",
            bool sandbox = false,
        Action<Microsoft.AspNetCore.Builder.WebApplicationBuilder>? adjust = null)
    {
        var app = await TestApp.Start(engine, at, adjust);
        var ada = await app.SignUp("ada");
        var campaign = await app.HasCampaign("ada-makes", ada.Id, sandbox, model: model, zone: zone);
        return new PostStage(app, ada, campaign, await app.HasTier(campaign, "Friend", 200), await app.HasTier(campaign, "Studio", 500));
    }

    /// <summary>Somebody new with a grant to a tier; without one, to the free level.</summary>
    public async Task<Actor> Member(string name, TierInfo? tier = null)
    {
        var actor = await App.SignUp(name);
        await Grant(actor, tier);
        return actor;
    }

    /// <summary>Answers the cause, for ending it.</summary>
    public async Task<long> Grant(Actor actor, TierInfo? tier)
    {
        var cause = ++_cause;
        await App.In(async s => await s.GetRequiredService<IGrants>().Open(
            [new NewGrant(Campaign.BookId, actor.Id, Campaign.Id, tier?.Id, tier is null ? GrantSource.Free : GrantSource.Paid,
                await Now(s), null, "test", cause)]));
        return cause;
    }

    /// <summary>Somebody whose paid access was ended by a decline.</summary>
    public async Task<Actor> Declined(string name, TierInfo tier)
    {
        var actor = await App.SignUp(name);
        var cause = await Grant(actor, tier);
        App.Time.Advance(Duration.FromSeconds(5));
        await App.In(async s =>
            await s.GetRequiredService<IGrants>().End(Campaign.BookId, "test", cause, await Now(s), "Your card was declined."));
        App.Time.Advance(Duration.FromSeconds(5));
        return actor;
    }

    public Task<long> Publishes(string title, string markdown, Audience? audience = null, bool charge = false, Instant? at = null,
        string teaser = "") =>
        App.In(s => s.GetRequiredService<IPosts>()
            .Publish(new NewPost(Campaign.Id, Ada.Id, title, markdown, audience ?? Audience.Public, charge, at, teaser)));

    /// <summary>Fills in the composer and presses a button.</summary>
    public Task<Page> Composes(string path, string action, params (string Name, object? Value)[] fields) =>
        Ada.Post(path, [("action", action), ("audience", "public"), .. fields.Select(f => (f.Name, f.Value))]);

    public async Task<T?> Scalar<T>(string sql, params (string, object?)[] parameters) => await App.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command(sql, default, parameters);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    });

    public Task<long> Count(string table) => Scalar<long>($"SELECT COUNT(*) FROM {table}");

    public ValueTask DisposeAsync() => App.DisposeAsync();

    private Task<Instant> Now(IServiceProvider s) => s.GetRequiredService<Books>().Now(Campaign.BookId);
}
