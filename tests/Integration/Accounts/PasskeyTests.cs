using System.Net;
using System.Text.Json;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Accounts;

public sealed class PasskeyTests
{
    [Theory, OnEveryEngine]
    public async Task A_passkey_is_added_signs_in_and_is_removed(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        using var device = new VirtualPasskey();
        var ada = await app.SignUp("ada");
        await Add(ada, device);
        var page = await ada.Open("/account/security");
        page.Text.ShouldContain("on an unknown system");

        var browser = app.Visitor();
        var answer = await SignIn(browser, device, returnTo: "/account/sessions");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        Location(answer).ShouldBe("/account/sessions");
        (await browser.Get("/account")).Text.ShouldContain("ada@example.org");
        Location(await SignIn(app.Visitor(), device, returnTo: "//evil.example")).ShouldBe("/");

        await ada.Does("/account/security", "form[action='/account/security/passkeys/remove']");
        (await SignIn(app.Visitor(), device)).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Theory, OnEveryEngine]
    public async Task An_answer_is_good_once_for_the_browser_that_asked_and_for_five_minutes(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        using var device = new VirtualPasskey();
        await Add(await app.SignUp("ada"), device);

        var browser = app.Visitor();
        var credential = device.Get((await browser.PostJson("/sign-in/passkey/options", new { })).Body);
        (await app.Visitor()
            .PostJson("/sign-in/passkey", new { credential })).Status.ShouldBe(HttpStatusCode.UnprocessableEntity); // another browser
        (await browser.PostJson("/sign-in/passkey", new { credential })).Status.ShouldBe(HttpStatusCode.OK);
        (await browser.PostJson("/sign-in/passkey", new { credential })).Status.ShouldBe(HttpStatusCode.UnprocessableEntity); // again

        var slow = app.Visitor();
        credential = device.Get((await slow.PostJson("/sign-in/passkey/options", new { })).Body);
        app.Time.Advance(Duration.FromMinutes(5));
        (await slow.PostJson("/sign-in/passkey", new { credential })).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Theory, OnEveryEngine]
    public async Task Another_sites_page_an_unverified_holder_or_a_copied_key_is_refused(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        using var device = new VirtualPasskey();
        await Add(await app.SignUp("ada"), device);
        device.Origin = "https://stipend.example.com";
        (await SignIn(app.Visitor(), device)).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        device.Origin = "http://localhost";
        device.VerifiesUser = false;
        (await SignIn(app.Visitor(), device)).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        device.VerifiesUser = true;
        (await SignIn(app.Visitor(), device)).Status.ShouldBe(HttpStatusCode.OK);
        device.Rewind(); // a copy that has not heard of the later uses
        (await SignIn(app.Visitor(), device)).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task A_browser_left_open_gets_no_passkey()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var ada = await app.SignUp("ada");
        app.Time.Advance(Duration.FromMinutes(16));
        var refused = await ada.PostJson("/account/security/passkeys/options", new { });
        refused.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        refused.Body.ShouldContain("sign_in_again");
    }

    [Theory, OnEveryEngine]
    public async Task Nobody_adds_a_passkey_to_or_takes_one_from_somebody_else(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        using var device = new VirtualPasskey();
        var (ada, mallory) = (await app.SignUp("ada"), await app.SignUp("mallory"));
        await Add(ada, device);
        using var other = new VirtualPasskey();
        var credential = other.Create((await ada.PostJson("/account/security/passkeys/options", new { })).Body);
        (await mallory.PostJson("/account/security/passkeys", new { credential })).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var id = (await ada.Open("/account/security")).Form("form[action='/account/security/passkeys/remove']").Fields["id"];
        (await mallory.Post("/account/security/passkeys/remove", ("id", id))).Status.ShouldBe(HttpStatusCode.NotFound);
        (await SignIn(app.Visitor(), device)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("[]")]
    public async Task Nonsense_is_refused_not_a_fault(string? credential)
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var ada = await app.SignUp("ada");
        await ada.PostJson("/account/security/passkeys/options", new { });
        (await ada.PostJson("/account/security/passkeys", new { credential })).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var browser = app.Visitor();
        await browser.PostJson("/sign-in/passkey/options", new { });
        (await browser.PostJson("/sign-in/passkey", new { credential })).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    private static async Task Add(Actor actor, VirtualPasskey device)
    {
        var options = await actor.PostJson("/account/security/passkeys/options", new { });
        var answer = await actor.PostJson("/account/security/passkeys", new { credential = device.Create(options.Body) });
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
    }

    private static async Task<Page> SignIn(Actor browser, VirtualPasskey device, string? returnTo = null)
    {
        var options = await browser.PostJson("/sign-in/passkey/options", new { });
        return await browser.PostJson("/sign-in/passkey", new { credential = device.Get(options.Body), returnTo });
    }

    private static string? Location(Page answer)
    {
        using var json = JsonDocument.Parse(answer.Body);
        return json.RootElement.GetProperty("location").GetString();
    }
}
