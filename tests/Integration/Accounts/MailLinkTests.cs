using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Accounts;

public sealed class MailLinkTests
{
    private const string Password = "seven quiet otters";

    [Theory, OnEveryEngine]
    public async Task Opening_a_link_uses_nothing_up_and_pressing_the_button_uses_it_once(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        var browser = app.Visitor();
        (await browser.Post("/sign-in/link", ("email", "Ada@example.org"), ("return", "/account"))).Location.ShouldBe("/sign-in/sent");
        var link = TestApp.LinkIn(await app.LastMailText(ada.Id), "/sign-in/link/")!;

        for (var i = 0; i < 3; i++) (await app.Visitor().Get(link)).Status.ShouldBe(HttpStatusCode.OK); // a scanner's look
        var page = await browser.Get(link);
        page.Text.ShouldNotContain("another browser");
        page.Response.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        (await browser.Submit(page, "main form")).Location.ShouldBe("/account");
        (await browser.Get("/account")).Text.ShouldContain("ada@example.org");

        (await app.Visitor().Get(link)).Status.ShouldBe(HttpStatusCode.Gone);
        (await app.Visitor().Post(link)).Status.ShouldBe(HttpStatusCode.Gone);
    }

    [Theory, OnEveryEngine]
    public async Task A_link_opened_elsewhere_asks_first_and_of_two_at_once_one_gets_in(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        await app.Visitor().Post("/sign-in/link", ("email", ada.Email));
        var link = TestApp.LinkIn(await app.LastMailText(ada.Id), "/sign-in/link/")!;
        (await app.Visitor().Get(link)).Text.ShouldContain("asked for in another browser");
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => app.Visitor().Post(link)));
        answers.Count(a => a.Status == HttpStatusCode.SeeOther).ShouldBe(1);
        answers.Count(a => a.Status == HttpStatusCode.Gone).ShouldBe(5);
    }

    [Theory, OnEveryEngine]
    public async Task A_link_is_dead_after_twenty_minutes(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        await app.Visitor().Post("/sign-in/link", ("email", ada.Email));
        var link = TestApp.LinkIn(await app.LastMailText(ada.Id), "/sign-in/link/")!;
        app.Time.Advance(Duration.FromMinutes(19));
        (await app.Visitor().Get(link)).Status.ShouldBe(HttpStatusCode.OK);
        app.Time.Advance(Duration.FromMinutes(1));
        (await app.Visitor().Get(link)).Status.ShouldBe(HttpStatusCode.Gone);
        (await app.Visitor().Post(link)).Status.ShouldBe(HttpStatusCode.Gone);
    }

    [Theory, OnEveryEngine]
    public async Task Asking_for_an_unknown_address_looks_the_same_and_mails_nobody(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        await app.Drain();
        var before = (await app.Mails()).Count;
        var known = await app.Visitor().Post("/sign-in/link", ("email", ada.Email));
        var unknown = await app.Visitor().Post("/sign-in/link", ("email", "nobody@example.org"));
        (unknown.Status, unknown.Location, unknown.Body).ShouldBe((known.Status, known.Location, known.Body));
        (await app.Mails()).Count.ShouldBe(before + 1);
        (await app.In(s => s.GetRequiredService<IPeople>().FindByEmail("nobody@example.org"))).ShouldBeNull();
    }

    [Theory, OnEveryEngine]
    public async Task Signing_up_again_looks_the_same_and_the_mail_says_there_is_an_account(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada", password: Password);
        var fresh = await app.Visitor().Post("/sign-up", ("email", "lin@example.org"), ("name", "Lin"));
        var again = await app.Visitor()
            .Post("/sign-up", ("email", "ADA@example.org"), ("name", "Mallory"), ("password", "mallory's own words"));
        (again.Status, again.Location, again.Body).ShouldBe((fresh.Status, fresh.Location, fresh.Body));
        (await app.LastMailText(ada.Id)).ShouldNotBeNull().ShouldContain("has an account already");
        await app.FollowLink(ada);
        (await ada.Get("/account")).Text.ShouldNotContain("Mallory");
        (await app.Visitor()
            .Post("/sign-in", ("email", ada.Email),
            ("password", "mallory's own words"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await app.Visitor().Post("/sign-in", ("email", ada.Email), ("password", Password))).Status.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Theory, OnEveryEngine]
    public async Task A_password_set_for_somebody_elses_address_never_becomes_theirs(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        // Mallory signs ada's address up with a password of his own; ada follows the link in her own browser.
        await app.Visitor().Post("/sign-up", ("email", "ada@example.org"), ("name", "Mallory"), ("password", "mallory's own words"));
        var ada = app.Visitor();
        var id = (await app.In(s => s.GetRequiredService<IPeople>().FindByEmail("ada@example.org")))!.Id;
        (await ada.Does(TestApp.LinkIn(await app.LastMailText(id), "/sign-in/link/")!, "main form")).ShouldBe("/");
        (await ada.Get("/account")).Text.ShouldContain("ada@example.org");
        (await app.Visitor()
            .Post("/sign-in", ("email", "ada@example.org"),
            ("password", "mallory's own words"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Theory, OnEveryEngine]
    public async Task A_password_works_only_once_the_address_is_confirmed(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.Visitor().Post("/sign-up", ("email", "ada@example.org"), ("name", "Ada"), ("password", Password));
        (await app.Visitor()
            .Post("/sign-in", ("email", "ada@example.org"), ("password", Password))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Theory, OnEveryEngine]
    public async Task Two_sign_ups_at_once_with_one_address_make_one_person(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            app.Visitor().Post("/sign-up", ("email", i % 2 == 0 ? "ada@example.org" : "ADA@Example.ORG"), ("name", $"Ada {i}"))));
        answers.ShouldAllBe(a => a.Status == HttpStatusCode.SeeOther);
        (await app.In(async s => await (await s.GetRequiredService<Db>().Command("SELECT COUNT(*) FROM person")).ExecuteScalarAsync()))
            .ShouldBe(1L);
        (await app.In(async s => await (await s.GetRequiredService<Db>().Command("SELECT COUNT(*) FROM mail_link")).ExecuteScalarAsync()))
            .ShouldBe(8L);
    }

    [Theory, OnEveryEngine]
    public async Task An_invited_person_comes_in_by_link_and_keeps_their_id(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var invited = await app.In(s => s.GetRequiredService<IPeople>().InviteMany([new("Lin@example.org", "Lin from afar")]));
        var lin = await app.SignUp("lin");
        lin.Id.ShouldBe(invited["lin@example.org"].Id);
        (await lin.Get("/account")).Form("form[action='/account/name']").Fields["name"].ShouldBe("lin");
    }
}
