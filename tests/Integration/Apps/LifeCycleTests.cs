using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>What a member's attributes say from joining to leaving (contract §12), on a site whose clock moves.</summary>
public sealed class LifeCycleTests
{
    private const string Fields = "patron_status,last_charge_status,currently_entitled_amount_cents,pledge_cadence,next_charge_date,"
        + "will_pay_amount_cents,campaign_lifetime_support_cents";

    [Theory, OnEveryEngine]
    public async Task Per_post_and_in_arrears_nothing_is_charged_at_first(Engine engine)
    {
        await using var stage = await ApiStage.Start(engine, "2026-01-10", model: BillingModel.PerCreation);
        var app = stage.App;
        var (lin, mia) = (await stage.Person("Lin"), await stage.Person("Mia"));
        await app.Joins(stage.Campaign, lin, stage.Friend, amount: 450);
        (await Line(stage)).ShouldBe("active_patron null 450 [Friend, Free] 1 2026-02-01 will 450 life 0"); // their own amount
        await app.In(s => s.GetRequiredService<IPosts>().Publish(
            new NewPost(stage.Campaign.Id, stage.Ada.Id, "A song", "La", Audience.PaidMembers, true, null)));
        await app.TravelTo("2026-02-02");
        (await Line(stage)).ShouldBe("active_patron Paid 450 [Friend, Free] 1 2026-03-01 will 450 life 450");
        await app.Leaves(stage.Campaign, lin);
        (await Line(stage)).ShouldBe("former_patron Paid 0 [] 1 null will 0 life 450");

        var arrears = await app.HasCampaign("late", stage.Ada.Id, model: BillingModel.MonthlyArrears);
        await app.Joins(arrears, mia, await app.HasTier(arrears, "Studio", 500));
        (await Line(stage, arrears)).ShouldBe("active_patron null 500 [Studio, Free] 1 2026-03-01 will 500 life 0");
    }

    internal static async Task Changes(ApiStage stage, long person, TierInfo tier)
    {
        var outcome = await stage.App.In(s => s.GetRequiredService<IMemberships>().Change(
            new NewMembership(person, stage.Campaign.Id, tier.Id, null, PledgeCap.None)));
        if (outcome.ChargeId is { } charge) await stage.App.In(s => s.GetRequiredService<ICollecting>().Collect(charge));
        await stage.App.Drain();
    }

    /// <summary>The first member in one line: status, last charge, entitled cents, tiers, cadence, next charge, will pay, lifetime.</summary>
    internal static async Task<string> Line(ApiStage stage, CampaignInfo? campaign = null)
    {
        var answer = await Api(stage,
            $"campaigns/{(campaign ?? stage.Campaign).Id}/members?fields[member]={Fields}&include=currently_entitled_tiers&fields[tier]=title");
        answer.Status.ShouldBe(200, answer.Body);
        return Words(answer.Json, answer.Data[0]);
    }

    /// <summary>One person's line.</summary>
    internal static async Task<string> Of(ApiStage stage, CampaignInfo campaign, long person)
    {
        var answer = await Api(stage,
            $"campaigns/{campaign.Id}/members?fields[member]={Fields}&include=currently_entitled_tiers,user&fields[tier]=title");
        return Words(answer.Json, answer.Data.EnumerateArray().Single(m => m.GetProperty("relationships").GetProperty("user").GetProperty("data")
            .GetProperty("id").GetString() == $"{person}"));
    }

    /// <summary>A member as a document tells of them, asked for or not.</summary>
    internal static string Words(JsonElement document, JsonElement member)
    {
        var a = member.GetProperty("attributes");
        string Text(string name) => a.GetProperty(name).ToString() is { Length: > 0 } text ? text : "null";
        var titles = document.TryGetProperty("included", out var included)
            ? included.EnumerateArray().Where(t => t.GetProperty("type").GetString() == "tier")
                .ToDictionary(t => t.GetProperty("id").GetString()!, t => t.GetProperty("attributes").GetProperty("title").GetString())
            : [];
        var tiers = member.GetProperty("relationships").GetProperty("currently_entitled_tiers").GetProperty("data").EnumerateArray()
            .Select(t => titles[t.GetProperty("id").GetString()!]);
        return $"{Text("patron_status")} {Text("last_charge_status")} {Text("currently_entitled_amount_cents")} [{string.Join(", ", tiers)}] "
            + $"{Text("pledge_cadence")} {Day(Text("next_charge_date"))} will {Text("will_pay_amount_cents")} life {Text("campaign_lifetime_support_cents")}";
    }

    /// <summary>The day in the campaign's zone, which in January is UTC's.</summary>
    private static string Day(string at) => at == "null" ? at : DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)
        .AddHours(2).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Asks as the creator. Months pass here and tokens live for one: they are made anew each time.</summary>
    internal static Task<ApiAnswer> Api(ApiStage stage, string path) => stage.App.In(async services =>
    {
        var client = await services.GetRequiredService<Db>().Set<OauthClient>().SingleAsync(c => c.PublicId == stage.Client.Id);
        return await stage.Get((await services.GetRequiredService<Tokens>().IssueToCreator(client, default)).Access, path);
    });
}
