using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Accounts;

public sealed class SignInTests
{
    private const string Password = "seven quiet otters";

    [Theory, OnEveryEngine]
    public async Task Somebody_signs_up_by_mail_link_and_out_again(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        (await ada.Get("/account")).Text.ShouldContain("ada@example.org");
        (await ada.Post("/sign-out")).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await ada.Get("/account")).Location.ShouldBe("/sign-in?return=%2Faccount");
    }

    [Theory, OnEveryEngine]
    public async Task A_password_signs_in_in_any_letter_case_of_the_address_and_leads_back(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.SignUp("ada", password: Password);
        var browser = app.Visitor();
        var answer = await browser.Submit(await browser.Open("/account"), "main form", ("email", " ADA@Example.org "),
            ("password", Password));
        answer.Status.ShouldBe(HttpStatusCode.SeeOther, answer.Text);
        answer.Location.ShouldBe("/account");
        (await browser.Get("/account")).Text.ShouldContain("ada@example.org");
    }

    [Theory, OnEveryEngine]
    public async Task A_wrong_password_and_an_unknown_address_get_the_same_answer(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.SignUp("ada", password: Password);
        await app.SignUp("lin"); // has no password
        var browser = app.Visitor();
        var wrong = await browser.Post("/sign-in", ("email", "ada@example.org"), ("password", "not the password"));
        wrong.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        wrong.Text.ShouldContain("do not belong together");
        wrong.Body.ShouldNotContain("not the password");
        foreach (var other in new[] { "nobody@example.org", "lin@example.org" })
        {
            var answer = await browser.Post("/sign-in", ("email", other), ("password", "not the password"));
            answer.Status.ShouldBe(wrong.Status);
            answer.Body.Replace(other, "ada@example.org").ShouldBe(wrong.Body);
        }
    }

    [Theory, OnEveryEngine]
    public async Task After_five_wrong_tries_even_the_right_password_waits_and_so_does_an_unknown_address(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.SignUp("ada", password: Password);
        var browser = app.Visitor();
        foreach (var email in new[] { "ada@example.org", "nobody@example.org" })
        {
            for (var i = 0; i < 5; i++)
                (await browser.Post("/sign-in", ("email", email),
                    ("password", $"wrong password {i}"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
            var locked = await browser.Post("/sign-in", ("email", email), ("password", Password));
            locked.Status.ShouldBe(HttpStatusCode.TooManyRequests);
            locked.Text.ShouldContain("Wait 1 minute");
        }
        app.Time.Advance(Duration.FromSeconds(61));
        (await browser.Post("/sign-in", ("email", "ada@example.org"),
            ("password", "wrong again"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await browser.Post("/sign-in", ("email", "ada@example.org"),
            ("password", Password))).Text.ShouldContain("Wait 2 minutes"); // the delay grows
        app.Time.Advance(Duration.FromSeconds(121));
        (await browser.Post("/sign-in", ("email", "ada@example.org"), ("password", Password))).Status.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Theory, OnEveryEngine]
    public async Task Many_guesses_at_once_get_no_more_tries_than_one_after_another(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.SignUp("ada", password: Password);
        var answers = await Task.WhenAll(Enumerable.Range(0, 12)
            .Select(i => app.Visitor().Post("/sign-in", ("email", "ada@example.org"), ("password", $"guess no {i}"))));
        answers.Count(a => a.Status == HttpStatusCode.UnprocessableEntity).ShouldBe(5);
        answers.Count(a => a.Status == HttpStatusCode.TooManyRequests).ShouldBe(7);
    }

    [Theory, OnEveryEngine]
    public async Task A_password_hashed_with_less_work_is_hashed_again_on_sign_in(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada", password: Password);
        var weak = new Microsoft.AspNetCore.Identity.PasswordHasher<object>(Microsoft.Extensions.Options.Options.Create(
            new Microsoft.AspNetCore.Identity.PasswordHasherOptions { IterationCount = 500 })).HashPassword(new(), Password);
        await app.In(s =>
            s.GetRequiredService<Db>()
            .Execute("UPDATE credential SET password_hash = @hash WHERE person_id = @id", default, ("hash", weak), ("id", ada.Id)));
        (await app.Visitor().Post("/sign-in", ("email", ada.Email), ("password", Password))).Status.ShouldBe(HttpStatusCode.SeeOther);
        var now = await app.In(async s =>
            await (await s.GetRequiredService<Db>().Command("SELECT password_hash FROM credential")).ExecuteScalarAsync());
        now.ShouldNotBe(weak);
        (await app.Visitor().Post("/sign-in", ("email", ada.Email), ("password", Password))).Status.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Theory]
    [InlineData("https://evil.example/x")]
    [InlineData("//evil.example/x")]
    [InlineData("/\\evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("javascript:alert(1)")]
    public async Task Signing_in_never_leads_to_another_site(string target)
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        await app.SignUp("ada", password: Password);
        var browser = app.Visitor();
        (await browser.Get("/sign-in?return=" + Uri.EscapeDataString(target))).Form("form[action='/sign-in']").Fields["return"]
            .ShouldBe("/");
        (await browser.Post("/sign-in", ("email", "ada@example.org"), ("password", Password), ("return", target))).Location.ShouldBe("/");
        (await browser.Get("/sign-in?return=" + Uri.EscapeDataString(target))).Location.ShouldBe("/");
    }

    [Theory, OnEveryEngine]
    public async Task A_session_planted_before_signing_in_is_worth_nothing(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var mallory = await app.SignUp("mallory");
        await app.SignUp("ada", password: Password);
        // The victim's browser carries mallory's cookie; signing in must replace it and end it.
        (await mallory.Post("/sign-out")).Status.ShouldBe(HttpStatusCode.SeeOther);
        var planted = await app.OtherBrowser(mallory);
        (await planted.Post("/sign-in", ("email", "ada@example.org"), ("password", Password))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await planted.Get("/account")).Text.ShouldContain("ada@example.org");
        var sessions = await app.In(async s =>
            await (await s.GetRequiredService<Db>()
            .Command("SELECT COUNT(*) FROM session WHERE person_id = @id", default, ("id", mallory.Id))).ExecuteScalarAsync());
        sessions.ShouldBe(0L);
    }

    [Theory, OnEveryEngine]
    public async Task The_cookie_is_out_of_reach_for_scripts_and_the_database_holds_only_its_hash(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.SignUp("ada", password: Password);
        var answer = await app.Visitor().Post("/sign-in", ("email", "ada@example.org"), ("password", Password));
        var cookie = answer.Response.Headers.GetValues("Set-Cookie")
            .Single(c => c.StartsWith("stipend_session=", StringComparison.Ordinal));
        cookie.ShouldContain("httponly", Case.Insensitive);
        cookie.ShouldContain("samesite=lax", Case.Insensitive);
        cookie.ShouldNotContain("secure", Case.Insensitive); // this test speaks plain HTTP
        var token = cookie.Split('=', ';')[1];
        token.Length.ShouldBe(43);
        var kept = await app.In(async s =>
            (byte[])(await (await s.GetRequiredService<Db>().Command("SELECT token_hash FROM session ORDER BY id DESC LIMIT 1"))
            .ExecuteScalarAsync())!);
        kept.ShouldBe(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token)));
    }

    [Fact]
    public async Task Over_https_the_cookie_is_secure_and_bound_to_its_host()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        await app.SignUp("ada", password: Password);
        using var client = app.Client();
        client.BaseAddress = new Uri("https://localhost");
        var answer = await client.PostAsync("/sign-in", new FormUrlEncodedContent([new("email", "ada@example.org"), new("password", Password)]));
        answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("__Host-stipend_session=", StringComparison.Ordinal))
            .ShouldContain("secure", Case.Insensitive);
        (await client.GetAsync("/account")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Too_many_tries_from_one_network_address_are_refused_for_a_while()
    {
        await using var strict = await TestApp.Start(Engine.Sqlite, adjust: b =>
        {
            b.Configuration["Stipend:Accounts:SignInsPerAddress"] = "3";
            b.Configuration["Stipend:Accounts:MailsPerAddress"] = "3";
            b.Configuration["Stipend:Accounts:MailsPerPerson"] = "2";
        });
        for (var i = 0; i < 3; i++)
            (await strict.Visitor()
                .Post("/sign-in", ("email", $"nobody{i}@example.org"),
                ("password", "not the password"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await strict.Visitor()
            .Post("/sign-in", ("email", "nobody4@example.org"),
            ("password", "not the password"))).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        strict.Time.Advance(Duration.FromMinutes(16));
        (await strict.Visitor()
            .Post("/sign-in", ("email", "nobody4@example.org"),
            ("password", "not the password"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);

        (await strict.Visitor().Post("/sign-in/link", ("email", "x@example.org"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await strict.Visitor().Post("/sign-in/link", ("email", "X@example.org"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await strict.Visitor().Post("/sign-in/link", ("email", "x@example.org"))).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await strict.Visitor()
            .Post("/sign-up", ("email", "y@example.org"), ("name", "Y"))).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Oversized_fields_are_named_and_change_nothing()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var answer = await app.Visitor()
            .Post("/sign-up", ("name", new string('n', 5000)), ("email", new string('e', 5000) + "@example.org"),
            ("password", new string('p', 5000)));
        answer.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        answer.Texts(".field-error").Count.ShouldBe(3);
        (await app.Visitor()
            .Post("/sign-in", ("email", "ada@example.org"),
            ("password", new string('p', 100_000)))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await app.Visitor().Get("/sign-in/link/" + new string('x', 4000))).Status.ShouldBe(HttpStatusCode.Gone);
    }
}
