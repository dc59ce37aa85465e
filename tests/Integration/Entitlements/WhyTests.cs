using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Entitlements;

public sealed class WhyTests
{
    [Theory, OnEveryEngine]
    public async Task The_page_tells_me_what_is_open_and_the_facts_behind_it_and_the_owner_may_ask_about_a_member(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, lin, eve) = (await app.SignUp("ada"), await app.SignUp("lin"), await app.SignUp("eve"));
        var campaign = await app.HasCampaign("ada-makes", ada.Id);
        var studio = await app.HasTier(campaign, "Studio", 500);
        await app.HasTier(campaign, "Gallery", 900);
        await app.In(s => s.GetRequiredService<IGrants>().Open(
            [new NewGrant(Book.Live, lin.Id, campaign.Id, studio.Id, GrantSource.Paid, app.Time.Now, null, "pledge", 1)]));
        await app.In(s => s.GetRequiredService<IGrants>().End(Book.Live, "pledge", 1, TestApp.Moment("2026-01-25"), "You cancelled."));

        var mine = await lin.Open("/ada-makes/why");
        mine.Texts("tbody tr")[0].ShouldStartWith("All members Open: a member.");
        mine.Texts("tbody tr")[1].ShouldStartWith("Studio Open: this tier is held.");
        mine.Texts("tbody tr")[1].ShouldContain("2026");
        mine.Texts("tbody tr")[2].ShouldStartWith("Gallery Closed: another tier opens it.");
        mine.Texts(".timeline li").Count.ShouldBe(2);
        mine.Text.ShouldContain("Studio will end on 25 January 2026: You cancelled.");

        await app.TravelTo("2026-01-26");
        (await lin.Open("/ada-makes/why")).Texts("tbody tr")[1].ShouldStartWith("Studio Closed: it was open, and has ended.");
        (await ada.Open($"/ada-makes/why?person={lin.Id}")).Text.ShouldContain("What lin can see, and why");

        (await lin.Get($"/ada-makes/why?person={ada.Id}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ada.Get($"/ada-makes/why?person={eve.Id}")).Status.ShouldBe(HttpStatusCode.NotFound,
            "eve was never a member: to ada she does not exist");
        (await eve.Open("/ada-makes/why")).Text.ShouldContain("never a membership");
    }
}
