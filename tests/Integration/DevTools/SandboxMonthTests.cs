using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.DevTools.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.DevTools;

public sealed class SandboxMonthTests
{
    /// <summary>What trying out leaves behind on purpose: the creator's posts with their audiences, mails, the messages that carried them,
    /// empty books' names.</summary>
    private static readonly string[] s_kept =
        ["access_rule", "book", "captured_mail", "message", "post", "post_number", "post_revision", "setting"];

    [Theory, OnEveryEngine]
    public async Task A_month_passes_in_a_sandbox_and_its_erasing_leaves_nothing(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-15");
        var ada = await app.SignUp("ada");
        var campaign = await app.HasCampaign("ada-makes", ada.Id, sandbox: true, model: BillingModel.PerCreation);
        var tier = await app.HasTier(campaign, "Studio", 500);
        var before = await app.AllRows();

        string[] cards = ["card_pays", "card_pays", "card_insufficient_funds_then_pays", "card_declines", "card_stolen",
            "card_asks_for_confirmation"];
        for (var n = 0; n < cards.Length; n++) await app.Joins(campaign, app.SomePerson(), tier, cards[n]);
        await app.Joins(campaign, app.SomePerson(), null);
        await PublishPaid(app, campaign);

        var summary = await PretendMonth(app, ada, campaign);
        summary.Runs.ShouldBe(1);
        summary.Charges.ShouldBe(6);
        summary.Paid.ShouldBe(3);
        summary.Unknown.ShouldBe(0);
        summary.Earned.ShouldHaveSingleItem().EarnedMinor.ShouldBe(1500);
        var run = (await app.In(s => s.GetRequiredService<IBillingRuns>().List(campaign.BookId, emptyToo: false, 10)))
            .ShouldHaveSingleItem();
        run.State.ShouldBe("closed");
        run.Totals.ShouldAllBe(t => t.AddsUp);
        await Verifies(app);

        (await PretendMonth(app, ada, campaign)).Earned.Sum(e => e.EarnedMinor).ShouldBe(0, "no paid post came out in the second month");
        var live = await app.RowsOfBook(Book.Live);
        live.Remove("message"); // mails and the moving itself
        live.ShouldBeEmpty("nothing of a sandbox is in the real books");
        (await app.RowsOfBook(campaign.BookId)).Keys.ShouldContain("pledge");

        (await ada.Does("/ada-makes/sandbox/erase", "main form", ("sure", "true"))).ShouldBe("/ada-makes/sandbox");
        var erased = await app.RowsOfBook(campaign.BookId);
        erased.Remove("post"); // a post is the creator's text and stays; what it billed is gone
        erased.ShouldBeEmpty();
        var after = await app.AllRows();
        after.Where(t => t.Value != before.GetValueOrDefault(t.Key) && !s_kept.Contains(t.Key)
            && !t.Key.StartsWith("post_search", StringComparison.Ordinal))
            .ShouldBeEmpty();
        await Verifies(app);

        var fresh = await app.In(s => s.GetRequiredService<ICampaigns>().Find(campaign.Id));
        (await app.In(s => s.GetRequiredService<Books>().Now(fresh!.BookId)))
            .ShouldBe(app.Time.Now, "the clock begins again at the present");
        await app.Joins(fresh!, app.SomePerson(), tier);
        (await PretendMonth(app, ada, fresh!)).After.Members.Paid.ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task While_the_clock_moves_a_second_move_and_an_erasing_are_refused_clearly(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        var campaign = await app.HasCampaign("ada-makes", ada.Id, sandbox: true);
        var move = await ada.Does("/ada-makes/sandbox", "main form", ("leap", "month"));
        var watching = await ada.Open(move);
        watching.Find("meta[http-equiv=refresh]").ShouldNotBeNull();

        (await ada.Post("/ada-makes/sandbox", ("leap", "day"))).Text.ShouldContain("being moved already");
        (await ada.Post("/ada-makes/sandbox/erase", ("sure", "true"))).Text.ShouldContain("being moved already");
        (await Refused(() => app.In(s => s.GetRequiredService<ISandboxes>().Advance(campaign.Id, new Leap(Months: 1))))).Code
            .ShouldBe("sandbox_moving");

        await app.Drain();
        var arrived = await ada.Open(move);
        arrived.Find("meta[http-equiv=refresh]").ShouldBeNull();
        arrived.Text.ShouldContain("February 15, 2026");
        (await ada.Post("/ada-makes/sandbox", ("leap", "day"))).Location.ShouldNotBeNull();
    }

    [Theory, OnEveryEngine]
    public async Task A_mover_that_died_does_not_hold_the_clock_for_ever(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var campaign = await app.HasCampaign("ada-makes", app.SomePerson(), sandbox: true);
        var dead = await app.In(s => s.GetRequiredService<ISandboxes>().Start(campaign.Id, new Leap(Months: 1), 1));
        app.Time.Advance(Duration.FromMinutes(3));
        var move = await app.In(s => s.GetRequiredService<ISandboxes>().Advance(campaign.Id, new Leap(Days: 2)));
        move.State.ShouldBe(MoveState.Done);
        (await app.In(s => s.GetRequiredService<ISandboxes>().FindMove(campaign.Id, dead)))!.State.ShouldBe(MoveState.Failed);
        await app.Drain();
        var now = await app.In(s => s.GetRequiredService<Books>().Now(campaign.BookId));
        (now - app.Time.Now).ShouldBe(Duration.FromDays(2), "the dead move did not go on");
    }

    [Theory, OnEveryEngine]
    public async Task Test_data_never_goes_live_and_a_page_with_members_never_goes_back(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        var campaign = await app.HasCampaign("ada-makes", ada.Id, sandbox: true);
        var tier = await app.HasTier(campaign, "Studio", 500);
        await app.Joins(campaign, app.SomePerson(), tier);

        (await ada.Post("/ada-makes/sandbox/live")).Text.ShouldContain("test data never goes live");
        (await ada.Does("/ada-makes/sandbox/live", "main form", ("sure", "true"))).ShouldBe("/ada-makes/sandbox");
        var live = (await app.In(s => s.GetRequiredService<ICampaigns>().Find(campaign.Id)))!;
        live.BookId.ShouldBe(Book.Live);
        (await app.In(s => s.GetRequiredService<ISandboxes>().Status(campaign.Id))).IsEmpty.ShouldBeTrue();
        (await ada.Post("/ada-makes/sandbox", ("leap", "month"))).Text.ShouldContain("is live");

        var lin = app.SomePerson();
        await app.Joins(live, lin, null);
        (await ada.Post("/ada-makes/sandbox/back")).Text.ShouldContain("Real people are members here");
        await app.Leaves(live, lin);
        (await ada.Does("/ada-makes/sandbox/back", "main form")).ShouldBe("/ada-makes/sandbox");
        (await app.In(s => s.GetRequiredService<ICampaigns>().Find(campaign.Id)))!.IsSandbox.ShouldBeTrue();
    }

    [Theory, OnEveryEngine]
    public async Task Others_do_not_find_a_sandbox_and_wrong_days_are_answered_with_a_sentence(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, lin) = (await app.SignUp("ada"), await app.SignUp("lin"));
        await app.HasCampaign("ada-makes", ada.Id, sandbox: true);
        foreach (var path in new[] { "", "/erase", "/live", "/back" })
            (await lin.Post("/ada-makes/sandbox" + path, ("leap", "month"), ("sure", "true"))).Status
                .ShouldBe(System.Net.HttpStatusCode.NotFound);
        (await lin.Get("/ada-makes/sandbox")).Status.ShouldBe(System.Net.HttpStatusCode.NotFound);

        (await ada.Post("/ada-makes/sandbox", ("leap", "until"), ("until", "2026-01-01"))).Text.ShouldContain("only moves forward");
        (await ada.Post("/ada-makes/sandbox", ("leap", "until"), ("until", "2036-01-01"))).Text.ShouldContain("at most 24 months");
        (await ada.Post("/ada-makes/sandbox", ("leap", "until"), ("until", "soon"))).Text.ShouldContain("written like 2026-12-01");
        (await ada.Post("/ada-makes/sandbox/erase")).Text.ShouldContain("Tick this to erase");
    }

    [Theory]
    [InlineData("2026-01-31", 1, "2026-02-28")]
    [InlineData("2028-01-31", 1, "2028-02-29")]
    [InlineData("2026-01-31", 2, "2026-03-31")]
    [InlineData("2026-12-15", 1, "2027-01-15")]
    public void A_pretended_month_ends_on_the_same_day_or_the_months_last(string from, int months, string to) =>
        new Leap(Months: months).From(TestApp.Moment(from), DateTimeZoneProviders.Tzdb["Europe/Lisbon"])
            .InUtc().Date.ShouldBe(Columns.Date(to));

    private static async Task<MoveSummary> PretendMonth(TestApp app, Actor owner, CampaignInfo campaign)
    {
        var page = await owner.Does($"/{campaign.Vanity}/sandbox", "main form", ("leap", "month"));
        await app.Drain();
        (await owner.Open(page)).Text.ShouldContain("Earned meanwhile");
        return (await app.In(s => s.GetRequiredService<ISandboxes>().Status(campaign.Id))).LastMove!.Summary!;
    }

    private static async Task PublishPaid(TestApp app, CampaignInfo campaign)
    {
        await app.In(s => s.GetRequiredService<IPosts>().Publish(
            new NewPost(campaign.Id, campaign.OwnerId, "A song", "La la **la**.", Audience.PaidMembers, Charge: true, null)));
        await app.Drain();
    }

    private static async Task Verifies(TestApp app)
    {
        var report = await app.In(s => s.GetRequiredService<ILedger>().Verify());
        report.Checks.Where(c => !c.Passed).SelectMany(c => c.First).ShouldBeEmpty();
    }

    private static async Task<Refusal> Refused<T>(Func<Task<T>> work) => await Should.ThrowAsync<Refusal>(work);
}
