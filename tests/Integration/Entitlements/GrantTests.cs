using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Entitlements;

public sealed class GrantTests
{
    /// <summary>A door that notes what the stream tells it.</summary>
    private sealed class Door(Heard heard) : IHandle<EntitlementOpened>, IHandle<EntitlementClosed>
    {
        public Task Handle(EntitlementOpened message, MessageContext context, CancellationToken ct)
        {
            heard.Lines.Add(($"+{message.TierId?.ToString() ?? "free"}", message.PersonId, message.At));
            return Task.CompletedTask;
        }

        public Task Handle(EntitlementClosed message, MessageContext context, CancellationToken ct)
        {
            heard.Lines.Add(($"-{message.TierId?.ToString() ?? "free"}", message.PersonId, message.At));
            return Task.CompletedTask;
        }
    }

    private sealed class Heard
    {
        public List<(string What, long Person, Instant At)> Lines { get; } = [];
    }

    private sealed class World : IAsyncDisposable
    {
        public required TestApp App { get; init; }
        public required CampaignInfo Campaign { get; init; }
        public required TierInfo Studio { get; init; }
        public required TierInfo Gallery { get; init; }
        public Heard Heard { get; init; } = new();
        public long Lin { get; } = 77;

        public static async Task<World> Start(Engine engine, bool sandbox = false)
        {
            var heard = new Heard();
            var app = await TestApp.Start(engine, adjust: builder =>
            {
                builder.Services.AddSingleton(heard);
                builder.Services.AddConsumer<EntitlementOpened, Door>().AddConsumer<EntitlementClosed, Door>();
            });
            var campaign = await app.HasCampaign("ada-makes", app.SomePerson(), sandbox);
            return new World { App = app, Campaign = campaign, Studio = await app.HasTier(campaign, "Studio", 500),
                Gallery = await app.HasTier(campaign, "Gallery", 900), Heard = heard };
        }

        public NewGrant Grant(long? tier, string from, string? until, long cause, GrantSource source = GrantSource.Paid) =>
            new(Campaign.BookId, Lin, Campaign.Id, tier, source, TestApp.Moment(from), until is null ? null : TestApp.Moment(until),
                "pledge", cause);

        public Task Open(params NewGrant[] grants) => App.In(s => s.GetRequiredService<IGrants>().Open(grants));
        public Task End(long cause, string at, string reason = "You cancelled.") =>
            App.In(s => s.GetRequiredService<IGrants>().End(Campaign.BookId, "pledge", cause, TestApp.Moment(at), reason));

        public async Task<Decision> Sees(Audience audience)
        {
            var rule = await App.In(s => s.GetRequiredService<IGate>().Rule(Campaign.Id, audience));
            return await App.In(s => s.GetRequiredService<IGate>().Check(Lin, rule));
        }

        public string Told =>
            string.Join(' ', Heard.Lines.Select(l => l.What.Replace(Studio.Id.ToString(), "Studio")
            .Replace(Gallery.Id.ToString(), "Gallery")));
        public ValueTask DisposeAsync() => App.DisposeAsync();
    }

    [Theory, OnEveryEngine]
    public async Task A_grant_opens_its_tier_until_its_time_and_says_afterwards_that_it_ended(Engine engine)
    {
        await using var world = await World.Start(engine);
        (await world.Sees(Audience.Tiers(world.Studio.Id))).Reason.ShouldBe(AccessReason.NotAMember);
        await world.Open(world.Grant(world.Studio.Id, "2026-01-15", "2026-02-15", cause: 1));
        (await world.Sees(Audience.Tiers(world.Studio.Id))).IsOpen.ShouldBeTrue();
        (await world.Sees(Audience.PaidMembers)).IsOpen.ShouldBeTrue();
        (await world.Sees(Audience.Tiers(world.Gallery.Id))).Reason.ShouldBe(AccessReason.OtherTierNeeded);

        await world.App.TravelTo("2026-02-15");
        (await world.Sees(Audience.Tiers(world.Studio.Id))).ShouldBe(new Decision(false, AccessReason.Ended, null));
        world.Told.ShouldBe("+Studio -Studio");
        world.Heard.Lines[^1].At.ShouldBe(TestApp.Moment("2026-02-15"));
    }

    [Theory, OnEveryEngine]
    public async Task A_month_renewed_without_a_gap_tells_nothing(Engine engine)
    {
        await using var world = await World.Start(engine);
        await world.Open(world.Grant(world.Studio.Id, "2026-01-15", "2026-02-15", cause: 1));
        await world.App.TravelTo("2026-02-14");
        await world.Open(world.Grant(world.Studio.Id, "2026-02-15", "2026-03-15", cause: 1));
        await world.App.TravelTo("2026-03-01");
        world.Told.ShouldBe("+Studio");
        await world.App.TravelTo("2026-03-16");
        world.Told.ShouldBe("+Studio -Studio");
    }

    [Theory, OnEveryEngine]
    public async Task A_grant_that_begins_later_is_told_when_it_begins(Engine engine)
    {
        await using var world = await World.Start(engine);
        await world.Open(world.Grant(world.Studio.Id, "2026-01-20", "2026-02-20", cause: 1));
        await world.App.Drain();
        world.Told.ShouldBe("");
        await world.App.TravelTo("2026-01-21");
        world.Heard.Lines.ShouldBe([($"+{world.Studio.Id}", world.Lin, TestApp.Moment("2026-01-20"))]);
    }

    [Theory, OnEveryEngine]
    public async Task Ending_a_cause_closes_at_the_given_time_and_an_earlier_end_overtakes_a_later_one(Engine engine)
    {
        await using var world = await World.Start(engine);
        await world.Open(world.Grant(world.Studio.Id, "2026-01-15", null, cause: 1),
            world.Grant(null, "2026-01-15", null, cause: 2, GrantSource.Free));
        await world.End(1, "2026-02-15");
        await world.App.TravelTo("2026-01-31");
        (await world.Sees(Audience.Tiers(world.Studio.Id))).IsOpen.ShouldBeTrue("it is cancelled, but paid until the 15th");
        await world.End(1, "2026-01-31", "The payment was refunded.");
        (await world.Sees(Audience.Tiers(world.Studio.Id))).Reason.ShouldBe(AccessReason.Ended);
        (await world.Sees(Audience.Members)).IsOpen.ShouldBeTrue("the free level has a cause of its own");
        (await world.Sees(Audience.PaidMembers)).IsOpen.ShouldBeFalse();
        await world.App.TravelTo("2026-03-01");
        world.Told.ShouldBe("+free +Studio -Studio");
    }

    [Theory, OnEveryEngine]
    public async Task A_gift_keeps_open_what_the_ended_pledge_had_opened(Engine engine)
    {
        await using var world = await World.Start(engine);
        await world.Open(world.Grant(world.Studio.Id, "2026-01-15", null, cause: 1),
            world.Grant(world.Studio.Id, "2026-01-15", "2026-02-15", cause: 2, GrantSource.Gift));
        await world.End(1, "2026-01-15");
        await world.App.Drain();
        (await world.Sees(Audience.Tiers(world.Studio.Id))).IsOpen.ShouldBeTrue();
        world.Told.ShouldBe("+Studio");
        await world.App.TravelTo("2026-02-16");
        world.Told.ShouldBe("+Studio -Studio");
    }

    [Theory, OnEveryEngine]
    public async Task A_sandboxs_grants_live_by_its_clock_and_never_count_in_the_real_books(Engine engine)
    {
        await using var world = await World.Start(engine, sandbox: true);
        await world.Open(world.Grant(world.Studio.Id, "2026-01-15", "2026-02-15", cause: 1));
        await world.App.Services.GetRequiredService<TimeTravel>().Advance(world.Campaign.BookId, TestApp.Moment("2026-02-16"), null);
        (await world.Sees(Audience.Members)).Reason.ShouldBe(AccessReason.Ended);
        world.Told.ShouldBe("+Studio -Studio");

        await world.Open(world.Grant(world.Studio.Id, "2026-02-16", null, cause: 2));
        (await world.Sees(Audience.Members)).IsOpen.ShouldBeTrue();
        await world.App.In(s => s.GetRequiredService<ICampaigns>().SetBook(world.Campaign.Id, Book.Live));
        (await world.Sees(Audience.Members)).Reason.ShouldBe(AccessReason.NotAMember);
        (await world.App.In(s => s.GetRequiredService<IGate>().CampaignsOpenTo(world.Lin))).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task Ten_thousand_people_are_let_in_by_one_call_and_each_is_told_once(Engine engine)
    {
        await using var world = await World.Start(engine);
        var at = TestApp.Moment("2026-01-15");
        var grants = Enumerable.Range(0, 10_000)
            .Select(i => new NewGrant(Book.Live, 5_000 + (i / 2), world.Campaign.Id, world.Studio.Id, GrantSource.Import, at,
            at + Duration.FromDays(30), "import", i)).ToList();
        await world.App.In(s => s.GetRequiredService<IGrants>().Open(grants));
        (await Count(world.App, "SELECT COUNT(*) FROM grant_entry")).ShouldBe(10_000);
        (await Count(world.App, "SELECT COUNT(*) FROM entitlement")).ShouldBe(5_000);
        (await Count(world.App, "SELECT COUNT(*) FROM message WHERE topic = 'EntitlementOpened'")).ShouldBe(5_000);
        (await Count(world.App, "SELECT COUNT(*) FROM message WHERE topic = 'SweepEntitlements'")).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task Grants_of_the_real_books_cannot_be_changed_or_deleted_and_a_sandboxs_can_be_erased(Engine engine)
    {
        await using var world = await World.Start(engine, sandbox: true);
        await world.Open(world.Grant(world.Studio.Id, "2026-01-15", null, cause: 1));
        await world.End(1, "2026-01-15");
        await world.Open(world.Grant(world.Studio.Id, "2026-01-15", null, cause: 2) with { BookId = Book.Live });
        foreach (var sql in (string[])["DELETE FROM grant_entry WHERE book_id = 1", "UPDATE grant_entry SET valid_until = NULL",
            "UPDATE grant_end SET reason = ''"])
            (await Should.ThrowAsync<Exception>(() => world.App.In(s =>
                s.GetRequiredService<Db>().Execute(sql)))).Message.ShouldContain("entitlements:");

        await world.App.In(async s =>
        {
            await using var transaction = await s.GetRequiredService<Db>().BeginWrite();
            foreach (var eraser in s.GetServices<IErasesBook>().OrderByDescending(e => e.Order)) await eraser.Erase(world.Campaign.BookId,
                default);
            await transaction.Commit();
        });
        (await Count(world.App, "SELECT COUNT(*) FROM grant_entry")).ShouldBe(1);
        (await Count(world.App, "SELECT COUNT(*) FROM grant_end")).ShouldBe(0);
        (await Count(world.App, "SELECT COUNT(*) FROM entitlement")).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task Equal_audiences_share_a_rule_and_a_tier_of_another_campaign_is_refused(Engine engine)
    {
        await using var world = await World.Start(engine);
        var gate = (Audience audience) => world.App.In(s => s.GetRequiredService<IGate>().Rule(world.Campaign.Id, audience));
        var one = await gate(Audience.Tiers(world.Studio.Id, world.Gallery.Id));
        (await gate(Audience.Tiers(world.Gallery.Id, world.Studio.Id, world.Gallery.Id))).ShouldBe(one);
        (await gate(Audience.Members)).ShouldNotBe(one);
        (await world.App.In(s => s.GetRequiredService<IGate>().Audiences([one])))[one].TierIds.ShouldBe([world.Studio.Id, world.Gallery.Id],
            ignoreOrder: true);

        var other = await world.App.HasTier(await world.App.HasCampaign("other", 5), "Elsewhere", 100);
        (await Should.ThrowAsync<Refusal>(() => gate(Audience.Tiers(world.Studio.Id, other.Id)))).Code.ShouldBe("tier_of_another_campaign");
        (await Should.ThrowAsync<Refusal>(() => gate(Audience.Tiers()))).Code.ShouldBe("no_tier_chosen");
    }

    private static Task<long> Count(TestApp app, string sql) => app.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    });
}
