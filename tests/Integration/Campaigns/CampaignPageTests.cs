using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Campaigns;

public sealed class CampaignPageTests
{
    private static readonly byte[] s_png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13];

    [Theory, OnEveryEngine]
    public async Task A_creator_answers_three_questions_makes_the_tiers_their_own_and_publishes(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        (await ada.Does("/create", "main form", ("name", "Ada makes"), ("currency", "EUR"), ("zone", "Europe/Lisbon"),
            ("model", "monthly_anniversary"))).ShouldBe("/ada-makes/tiers");
        var tiers = await ada.Open("/ada-makes/tiers");
        tiers.Texts(".tier-name").ShouldBe(["Friend", "Studio", "Patron"]);
        tiers.Texts(".tier-price").ShouldBe(["€3.00 per month", "€8.00 per month", "€25.00 per month"]);
        (await app.Visitor().Get("/ada-makes")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ada.Open("/ada-makes")).Text.ShouldContain("Only you can see this page");

        var early = await ada.Post("/ada-makes/publish");
        early.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        early.Text.ShouldContain("Say in one sentence what you make");
        await ada.Does("/ada-makes/edit", "form[enctype]", ("summary", "Clockwork animals"), ("about", "In a shed.\n\nBy the sea."),
            ("own_colour", "true"), ("accent", "#AA3300"));
        (await ada.Does("/ada-makes/edit", "form[action$='/publish']")).ShouldBe("/ada-makes");

        var page = await app.Visitor().Open("/ada-makes");
        page.Text.ShouldContain("Clockwork animals");
        page.Text.ShouldContain("In a shed.");
        page.Body.ShouldContain("/accent/aa3300.css");
        page.Texts(".tier .benefits")[0].ShouldContain("Every post for members");
        page.Find(".tier a.button")!.GetAttribute("href").ShouldStartWith("/ada-makes/join/");
        page.Body.ShouldContain("Test money only", customMessage: "a new campaign is a sandbox");
        (await app.Visitor().Open("/")).Text.ShouldContain("Clockwork animals");
        (await app.Visitor().Get("/Ada-Makes")).Location.ShouldBe("/ada-makes");
        (await ada.Open("/dashboard")).Text.ShouldContain("Ada makes");
    }

    [Theory, OnEveryEngine]
    public async Task Only_the_owner_comes_near_the_creators_pages(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, eve) = (await app.SignUp("ada"), await app.SignUp("eve"));
        var campaign = await app.HasCampaign("ada-makes", ada.Id);
        var tier = await app.HasTier(campaign, "Studio", 500);
        string[] pages = ["edit", "tiers", "tiers/new", $"tiers/{tier.Id}"];
        string[] posts = ["edit", "publish", "unpublish", "tiers/new", $"tiers/{tier.Id}", $"tiers/{tier.Id}/move",
            $"tiers/{tier.Id}/retire", $"tiers/{tier.Id}/restore"];
        foreach (var path in pages)
        {
            (await eve.Get($"/ada-makes/{path}")).Status.ShouldBe(HttpStatusCode.NotFound, path);
            (await app.Visitor().Get($"/ada-makes/{path}")).Location!.ShouldStartWith("/sign-in", customMessage: path);
            (await ada.Get($"/ada-makes/{path}")).Status.ShouldBe(HttpStatusCode.OK, path);
        }
        foreach (var path in posts)
        {
            (await eve.Post($"/ada-makes/{path}", ("name", "Mine now"), ("price", "1"),
                ("version", 1))).Status.ShouldBe(HttpStatusCode.NotFound, path);
            (await app.Visitor().Post($"/ada-makes/{path}")).Status.ShouldBe(HttpStatusCode.Unauthorized, path);
        }
        (await app.In(s => s.GetRequiredService<ICampaigns>().Tiers(campaign.Id))).ShouldHaveSingleItem().ShouldBeEquivalentTo(tier);
        (await app.In(s => s.GetRequiredService<ICampaigns>().Find(campaign.Id))).ShouldBe(campaign);
    }

    [Theory, OnEveryEngine]
    public async Task A_new_price_is_a_new_version_and_the_old_one_stays_in_sight(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        var tier = await app.HasTier(await app.HasCampaign("ada-makes", ada.Id), "Studio", 500);
        var form = $"/ada-makes/tiers/{tier.Id}";
        await ada.Does(form, "main form", ("price", "7,50"), ("benefits", "One\n\n Two \n"), ("seats", "12"));
        var after = (await app.In(s => s.GetRequiredService<ICampaigns>().FindTier(tier.Id)))!;
        (after.PriceMinor, after.PriceVersion, after.SeatLimit).ShouldBe((750, 2, 12));
        after.Benefits.ShouldBe(["One", "Two"]);
        (await ada.Open(form)).Texts("tbody th").ShouldBe(["€7.50 per month", "€5.00 per month"]);
        await ada.Does(form, "main form", ("name", "Atelier"));
        (await app.In(s => s.GetRequiredService<ICampaigns>().FindTier(tier.Id)))!.PriceVersion.ShouldBe(2, "the price was not touched");
    }

    [Theory]
    [InlineData("0.001", "EUR has 2 decimals; “0.001” has more."), InlineData("-5", "“-5” is not an amount. Write it like 5.00."),
        InlineData("0", "A tier costs something")]
    [InlineData("100000.01", "A tier costs at most 100000.00 EUR."), InlineData("", "An amount is needed."),
        InlineData("five", "“five” is not an amount. Write it like 5.00.")]
    public async Task A_wrong_price_gets_one_clear_sentence_and_changes_nothing(string price, string sentence)
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var ada = await app.SignUp("ada");
        var tier = await app.HasTier(await app.HasCampaign("ada-makes", ada.Id), "Studio", 500);
        var page = await ada.Open($"/ada-makes/tiers/{tier.Id}");
        var answer = await ada.Submit(page, "main form", ("price", price), ("name", "Renamed"));
        answer.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        answer.Text.ShouldContain(sentence);
        answer.Find("#field-name")!.GetAttribute("value").ShouldBe("Renamed", "what was typed is not lost");
        (await app.In(s => s.GetRequiredService<ICampaigns>().FindTier(tier.Id)))!.ShouldBeEquivalentTo(tier);
    }

    [Theory, OnEveryEngine]
    public async Task Two_windows_do_not_overwrite_each_other_unseen(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        await app.HasCampaign("ada-makes", ada.Id);
        var (one, two) = (await ada.Open("/ada-makes/edit"), await ada.Open("/ada-makes/edit"));
        (await ada.Submit(one, "form[enctype]", ("name", "First"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        var second = await ada.Submit(two, "form[enctype]", ("name", "Second"));
        second.Status.ShouldBe(HttpStatusCode.Conflict);
        second.Text.ShouldContain("changed in another window");
        (await ada.Submit(second, "form[enctype]")).Status.ShouldBe(HttpStatusCode.SeeOther, "sending it again is a decision");
        (await app.In(s => s.GetRequiredService<ICampaigns>().FindByVanity("ada-makes")))!.Name.ShouldBe("Second");
    }

    [Fact]
    public async Task Tiers_move_retire_and_come_back()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var ada = await app.SignUp("ada");
        var campaign = await app.HasCampaign("ada-makes", ada.Id);
        foreach (var (name, price) in new[] { ("One", 100L), ("Two", 200L), ("Three", 300L) }) await app.HasTier(campaign, name, price);
        async Task<string> Names(string page) => string.Join(' ', (await ada.Open(page)).Texts(".tier-name"));
        var two = (await app.In(s => s.GetRequiredService<ICampaigns>().Tiers(campaign.Id)))[1];
        await ada.Post($"/ada-makes/tiers/{two.Id}/move", ("to", "up"));
        (await Names("/ada-makes/tiers")).ShouldBe("Two One Three");
        await ada.Post($"/ada-makes/tiers/{two.Id}/move", ("to", "up"));
        (await Names("/ada-makes/tiers")).ShouldBe("Two One Three", "it is the first already");
        await ada.Post($"/ada-makes/tiers/{two.Id}/retire");
        (await Names("/ada-makes")).ShouldBe("One Three");
        (await ada.Open("/ada-makes/tiers")).Text.ShouldContain("Closed to new members");
        await ada.Post($"/ada-makes/tiers/{two.Id}/restore");
        (await Names("/ada-makes")).ShouldBe("Two One Three");
    }

    [Fact]
    public async Task A_banner_is_a_picture_by_its_bytes_whatever_its_name_says()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var ada = await app.SignUp("ada");
        await app.HasCampaign("ada-makes", ada.Id);
        (await Upload(ada, s_png, "evil.svg")).Status.ShouldBe(HttpStatusCode.SeeOther);
        var url = (await app.In(s => s.GetRequiredService<ICampaigns>().FindByVanity("ada-makes")))!.BannerUrl!;
        var picture = await ada.Client.GetAsync(url);
        picture.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        picture.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        (await picture.Content.ReadAsByteArrayAsync()).ShouldBe(s_png);

        foreach (var (bytes, sentence) in new[] { ("<svg xmlns='http://www.w3.org/2000/svg'/>"u8.ToArray(), "this file is none of them"),
            (new byte[5 * 1024 * 1024 + 1], "at most 5 MB") })
        {
            var refused = await Upload(ada, bytes, "nice.png");
            refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
            refused.Text.ShouldContain(sentence);
        }
        Directory.GetFiles(Path.Combine(app.DataFolder, "files", "banners")).Length.ShouldBe(1, "a refused file is not kept");
        (await Upload(ada, s_png, "b.png")).Status.ShouldBe(HttpStatusCode.SeeOther);
        Directory.GetFiles(Path.Combine(app.DataFolder, "files", "banners")).Length.ShouldBe(1, "the one before is gone");
        (await Upload(ada, "<svg/>"u8.ToArray(), "logo.png", "logo")).Text.ShouldContain("A logo is a PNG, JPEG, WebP or GIF picture");
        (await Upload(ada, "GIF89a and so on"u8.ToArray(), "logo.png", "logo")).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await ada.Open("/ada-makes")).Find("img.avatar[src$='.gif']").ShouldNotBeNull();
        (await ada.Submit(await ada.Open("/ada-makes/edit"), "form[enctype]", ("remove_logo", "true"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await ada.Open("/ada-makes")).Find("img.avatar").ShouldBeNull();
        Directory.GetFiles(Path.Combine(app.DataFolder, "files", "banners")).Length.ShouldBe(1, "the logo is gone, the banner is not");
        (await ada.Get("/files/banners/..%2F..%2Fstipend.db")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory, OnEveryEngine]
    public async Task The_number_of_commands_of_a_page_does_not_grow_with_what_it_shows(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, lin) = (await app.SignUp("ada"), await app.SignUp("lin"));
        var campaign = await app.HasCampaign("ada-makes", ada.Id);
        await app.HasTier(campaign, "One", 100);
        var pages = new Dictionary<string, Actor> { ["/ada-makes"] = lin, ["/"] = lin, ["/dashboard"] = ada, ["/ada-makes/tiers"] = ada };
        foreach (var (path, who) in pages) await who.Open(path); // warm: caches filled
        var before = new Dictionary<string, long>();
        foreach (var (path, who) in pages) before[path] = await app.CountCommands(() => who.Open(path));

        for (var i = 2; i <= 15; i++) await app.HasTier(campaign, $"Tier {i}", i * 100);
        for (var i = 1; i <= 15; i++) await app.HasTier(await app.HasCampaign($"another-{i}", ada.Id), "One", 100);
        foreach (var (path, who) in pages) (await app.CountCommands(() => who.Open(path))).ShouldBe(before[path], path);
        before["/ada-makes"].ShouldBeInRange(2, 20);
    }

    private static async Task<Page> Upload(Actor who, byte[] bytes, string name, string field = "banner")
    {
        var (_, fields) = (await who.Open("/ada-makes/edit")).Form("form[enctype]");
        using var body = new MultipartFormDataContent();
        foreach (var (key, value) in fields) body.Add(new StringContent(value), key);
        var file = new ByteArrayContent(bytes);
        file.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        body.Add(file, field, name);
        return await Page.Of(await who.Client.PostAsync("/ada-makes/edit", body));
    }
}
