using System.Net;
using Shouldly;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Members;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Memberships;

public sealed class MembershipPagesTests
{
    [Theory, OnEveryEngine]
    public async Task The_checkout_states_amounts_and_dates_and_charges_exactly_those(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-31");
        var people = await app.People("ada", "lin");
        var (ada, lin) = (people[0], people[1]);
        var campaign = await app.HasCampaign("ada", ada.Id);
        var tier = await app.HasTier(campaign, "Studio", 500);
        var path = $"/ada/join/{tier.Id}";
        (await app.Visitor().Get(path)).Location.ShouldStartWith("/sign-in");

        var checkout = await lin.Open(path);
        checkout.Text.ShouldContain("Today €5.00 · next February 28, 2026 €5.00 · stop any time before");
        var asked = await lin.Submit(checkout, "main form", ("amount", "7.50"), ("method", "card_pays"), ("button", "show"));
        asked.Text.ShouldContain("Today €7.50");
        asked.Text.ShouldNotContain("The amounts below are new"); // they were asked for
        var more = await lin.Submit(checkout, "main form", ("amount", "7.50"), ("method", "card_pays"), ("button", "join"));
        more.Text.ShouldContain("The amounts below are new");
        more.Text.ShouldContain("Today €7.50");
        app.Taken().ShouldBeEmpty();

        var done = await lin.Submit(more, "main form", ("method", "card_pays"), ("button", "join"));
        done.Location.ShouldBe("/ada/membership?joined=1");
        app.Taken().ShouldBe([750]);
        await app.Drain();
        var mine = await lin.Open("/ada/membership");
        mine.Text.ShouldContain("€7.50");
        mine.Text.ShouldContain("The first payment arrived");
        (await lin.Open("/memberships")).Text.ShouldContain("Studio");
        (await lin.Get(path)).Location.ShouldBe("/ada/membership"); // one membership at a time
        (await app.Mails(lin.Id)).ShouldContain(m => m.Subject == "You are a member of Ada");
    }

    [Theory, OnEveryEngine]
    public async Task A_member_who_presses_join_on_another_tier_comes_to_the_change_with_its_price(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-31");
        var people = await app.People("ada", "lin");
        var (ada, lin) = (people[0], people[1]);
        var campaign = await app.HasCampaign("ada", ada.Id);
        var (small, big) = (await app.HasTier(campaign, "Friend", 300), await app.HasTier(campaign, "Studio", 500));
        await app.Joins(campaign, lin.Id, small);
        await app.Drain();
        (await lin.Get($"/ada/join/{big.Id}")).Location.ShouldBe($"/ada/membership/change?tier={big.Id}");
        (await lin.Open($"/ada/membership/change?tier={big.Id}")).Text.ShouldContain("€5.00 per month");
        (await lin.Get($"/ada/join/{small.Id}")).Location.ShouldBe("/ada/membership");
    }

    [Theory, OnEveryEngine]
    public async Task A_patron_sees_for_whom_each_payment_to_come_is_and_what_a_card_pays(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-31");
        var people = await app.People("ada", "ben", "lin");
        var lin = people[2];
        foreach (var (name, owner) in new[] { ("ada", people[0]), ("ben", people[1]) })
        {
            var campaign = await app.HasCampaign(name, owner.Id);
            await app.Joins(campaign, lin.Id, await app.HasTier(campaign, "Studio of " + name, 500));
        }
        await app.Drain();
        var billing = await lin.Open("/billing");
        billing.Texts("tbody td[data-label=For]").Take(2).Order(StringComparer.Ordinal)
            .ShouldBe(["Ada · Studio of ada", "Ben · Studio of ben"]);
        var cards = await lin.Open("/billing/cards");
        cards.Texts("tbody th div").ShouldBe(["Ada · Studio of ada", "Ben · Studio of ben"]);
    }

    [Theory, OnEveryEngine]
    public async Task A_declined_card_says_why_and_another_one_pays(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var people = await app.People("ada", "lin");
        var (ada, lin) = (people[0], people[1]);
        var campaign = await app.HasCampaign("ada", ada.Id);
        var tier = await app.HasTier(campaign, "Studio", 500);
        var declined = await lin.Submit(await lin.Open($"/ada/join/{tier.Id}"), "main form", ("method", "card_declines"),
            ("button", "join"));
        declined.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        declined.Text.ShouldContain("The payment was declined");
        app.Taken().ShouldBeEmpty();

        var paid = await lin.Submit(declined, "main form", ("method", "card_pays"), ("button", "join"));
        paid.Location.ShouldBe("/ada/membership?joined=1");
        await app.Drain();
        app.Taken().ShouldBe([500]);
        (await app.Opens(campaign, tier, lin.Id)).ShouldBeTrue();
    }

    [Theory, OnEveryEngine]
    public async Task A_card_that_asks_sends_the_patron_to_confirm_and_nothing_is_open_before(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var people = await app.People("ada", "lin");
        var (ada, lin) = (people[0], people[1]);
        var campaign = await app.HasCampaign("ada", ada.Id);
        var tier = await app.HasTier(campaign, "Studio", 500);
        var asked = await lin.Submit(await lin.Open($"/ada/join/{tier.Id}"), "main form", ("method", "card_asks_for_confirmation"),
            ("button", "join"));
        ((int)asked.Status).ShouldBe(303);
        asked.Location!.ShouldNotContain("/membership");
        await app.Drain();
        (await app.Membership(campaign, lin.Id))!.Status.ShouldBe(MembershipStatus.Pending);
        (await app.Opens(campaign, tier, lin.Id)).ShouldBeFalse();
        (await lin.Open("/ada/membership")).Text.ShouldContain("Finish your payment");
        var waiting = await lin.Open("/ada/membership?paying=1");
        waiting.Text.ShouldContain("The payment is under way");
        waiting.Text.ShouldNotContain("Finish your payment", customMessage: "nobody is asked to pay what may be paid already");
        waiting.Text.ShouldNotContain("Paid until");
        waiting.Find("a[href='/ada/membership']")!.TextContent.ShouldBe("It takes too long");
    }

    [Theory, OnEveryEngine]
    public async Task Cancelling_takes_two_clicks_and_says_until_when_it_stays_open(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-15");
        var people = await app.People("ada", "lin");
        var (ada, lin) = (people[0], people[1]);
        var campaign = await app.HasCampaign("ada", ada.Id);
        var tier = await app.HasTier(campaign, "Studio", 500);
        await app.Joins(campaign, lin.Id, tier);
        var question = await lin.Open("/ada/membership/cancel");
        question.Text.ShouldContain("stays open until February 15, 2026");
        (await lin.Submit(question, "main form")).Location.ShouldBe("/ada/membership?cancelled=1");
        (await lin.Open("/ada/membership")).Text.ShouldContain("Join again");
    }

    [Theory, OnEveryEngine]
    public async Task A_change_shows_the_difference_to_the_cent_and_a_second_tab_is_told(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-15");
        var people = await app.People("ada", "lin");
        var (ada, lin) = (people[0], people[1]);
        var campaign = await app.HasCampaign("ada", ada.Id);
        var tier = await app.HasTier(campaign, "Bronze", 300);
        var gold = await app.HasTier(campaign, "Gold", 1500);
        await app.Joins(campaign, lin.Id, tier);
        var preview = await lin.Open($"/ada/membership/change?tier={gold.Id}");
        preview.Text.ShouldContain("€12.00");
        (await lin.Submit(preview, "main form[method=post]")).Location.ShouldBe("/ada/membership?changed=1");
        (await lin.Submit(preview, "main form[method=post]")).Status.ShouldNotBe(HttpStatusCode.SeeOther);
        app.Taken().ShouldBe([300, 1200]);
    }

    [Theory, OnEveryEngine]
    public async Task The_audience_is_the_creators_alone_and_its_CSV_runs_no_formula(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        var eve = await app.SignUp("=HYPERLINK(1)", "eve@example.org");
        var campaign = await app.HasCampaign("ada", ada.Id);
        var tier = await app.HasTier(campaign, "Studio", 500);
        await app.Joins(campaign, eve.Id, tier);

        (await eve.Get("/ada/members")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await eve.Get("/ada/members.csv")).Status.ShouldBe(HttpStatusCode.NotFound);
        var page = await ada.Open("/ada/members?name=hyper");
        page.Text.ShouldContain("=HYPERLINK(1)");
        (await ada.Open("/ada/members?name=nobody")).Text.ShouldContain("Nobody here is called that");
        var csv = await ada.Get("/ada/members.csv?status=active");
        csv.Body.ShouldContain("'=HYPERLINK(1),eve@example.org,active,Studio,5.00,EUR");
    }

    [Theory, OnEveryEngine]
    public async Task A_blocked_member_is_out_at_once_and_cannot_come_back(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var people = await app.People("ada", "lin");
        var (ada, lin) = (people[0], people[1]);
        var campaign = await app.HasCampaign("ada", ada.Id);
        var tier = await app.HasTier(campaign, "Studio", 500);
        await app.Joins(campaign, lin.Id, tier);
        ((int)(await ada.Post($"/ada/members/{lin.Id}/block")).Status).ShouldBe(303);
        (await app.Opens(campaign, tier, lin.Id)).ShouldBeFalse();
        (await lin.Get($"/ada/join/{tier.Id}")).Status.ShouldBe(HttpStatusCode.Forbidden);
        await ada.Post($"/ada/members/{lin.Id}/unblock");
        (await lin.Get($"/ada/join/{tier.Id}")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("@x", "'@x")]
    [InlineData("-1", "'-1")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("=\"x\"", "\"'=\"\"x\"\"\"")]
    [InlineData("O'Neil", "O'Neil")]
    public void A_cell_is_text_whatever_it_looks_like(string text, string cell) => ExportMembers.Cell(text).ShouldBe(cell);
}
