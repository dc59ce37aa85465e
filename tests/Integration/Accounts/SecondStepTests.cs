using System.Net;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Accounts;

public sealed class SecondStepTests
{
    private const string Password = "seven quiet otters";

    [Theory, OnEveryEngine]
    public async Task With_an_authenticator_a_password_or_link_alone_does_not_sign_in(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, secret, _) = await WithAuthenticator(app);
        app.Time.Advance(Duration.FromMinutes(2));

        var browser = app.Visitor();
        (await browser.Post("/sign-in", ("email", ada.Email), ("password", Password),
            ("return", "/account"))).Location.ShouldBe("/sign-in/code");
        (await browser.Get("/account")).Status.ShouldBe(HttpStatusCode.SeeOther);
        var wrong = await browser.Post("/sign-in/code", ("code", "000000"));
        wrong.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        wrong.Text.ShouldContain("wrong or was used already");
        (await browser.Submit(await browser.Get("/sign-in/code"), "main form", ("code", Code(app, secret)))).Location.ShouldBe("/account");
        (await browser.Get("/account")).Status.ShouldBe(HttpStatusCode.OK);

        var other = app.Visitor();
        (await other.Post("/sign-in", ("email", ada.Email), ("password", Password))).Location.ShouldBe("/sign-in/code");
        (await other.Post("/sign-in/code",
            ("code", Code(app, secret)))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity); // the same code a second time

        await other.Post("/sign-in/link", ("email", ada.Email));
        (await other.Post(TestApp.LinkIn(await app.LastMailText(ada.Id), "/sign-in/link/")!)).Location.ShouldBe("/sign-in/code");
        (await other.Get("/account")).Status.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Theory, OnEveryEngine]
    public async Task A_recovery_code_signs_in_once_however_it_is_typed(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, _, codes) = await WithAuthenticator(app);
        codes.Count.ShouldBe(10);
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 2; i++)
        {
            var browser = app.Visitor();
            await browser.Post("/sign-in", ("email", ada.Email), ("password", Password));
            answers.Add((await browser.Post("/sign-in/code", ("code", codes[3].ToUpperInvariant().Replace('-', ' ')))).Status);
        }
        answers.ShouldBe([HttpStatusCode.SeeOther, HttpStatusCode.UnprocessableEntity]);
        (await ada.Get("/account/security")).Text.ShouldContain("9 recovery codes are left");
    }

    [Theory, OnEveryEngine]
    public async Task Codes_cannot_be_guessed_at_length(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, secret, _) = await WithAuthenticator(app);
        app.Time.Advance(Duration.FromMinutes(2));
        var browser = app.Visitor();
        await browser.Post("/sign-in", ("email", ada.Email), ("password", Password));
        for (var i = 0; i < 5; i++) (await browser.Post("/sign-in/code",
            ("code", $"11111{i}"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await browser.Post("/sign-in/code", ("code", Code(app, secret)))).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Theory, OnEveryEngine]
    public async Task The_ticket_to_the_second_step_is_good_for_ten_minutes_and_cannot_be_made_up(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, secret, _) = await WithAuthenticator(app);
        var browser = app.Visitor();
        await browser.Post("/sign-in", ("email", ada.Email), ("password", Password));
        app.Time.Advance(Duration.FromMinutes(10));
        (await browser.Post("/sign-in/code", ("code", Code(app, secret)))).Location.ShouldBe("/sign-in");

        var forged = app.Visitor();
        forged.Client.DefaultRequestHeaders.Add("Cookie", "stipend_step=CfDJ8made-up");
        (await forged.Post("/sign-in/code", ("code", Code(app, secret)))).Location.ShouldBe("/sign-in");
    }

    [Theory, OnEveryEngine]
    public async Task Switching_the_authenticator_off_takes_the_password(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, _, _) = await WithAuthenticator(app);
        (await ada.Post("/account/security/totp")).Status.ShouldBe(HttpStatusCode.Conflict); // a thief cannot put another in its place
        (await ada.Post("/account/security/totp/off",
            ("current_password", "not the password"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await ada.Post("/account/security/totp/codes")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await ada.Post("/account/security/totp/off", ("current_password", Password))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await app.Visitor().Post("/sign-in", ("email", ada.Email), ("password", Password))).Location.ShouldBe("/");
    }

    private static async Task<(Actor Ada, byte[] Secret, IReadOnlyList<string> Codes)> WithAuthenticator(TestApp app)
    {
        var ada = await app.SignUp("ada", password: Password);
        (await ada.Submit(await ada.Open("/account/security"),
            "form[action='/account/security/totp']")).Location.ShouldBe("/account/security/totp");
        var page = await ada.Open("/account/security/totp");
        var secret = FromBase32(page.Find("main code")!.TextContent);
        var picture = await ada.Get(page.Find("main img")!.GetAttribute("src")!);
        picture.Body.ShouldStartWith("<svg");
        (await ada.Submit(page, "main form", ("code", "000000"),
            ("current_password", Password))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var codes = await ada.Submit(page, "main form", ("code", Code(app, secret)), ("current_password", Password));
        codes.Status.ShouldBe(HttpStatusCode.OK, codes.Text);
        (await ada.Get("/account/security/totp.svg")).Status.ShouldBe(HttpStatusCode.NotFound); // the secret is not shown again
        return (ada, secret, codes.Texts("main li code"));
    }

    private static string Code(TestApp app, byte[] secret) => Stipend.Accounts.Model.Totp.CodeAt(secret, app.Time.Now);

    private static byte[] FromBase32(string text)
    {
        var bits = string.Concat(text.Replace(" ", "")
            .Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))];
    }
}
