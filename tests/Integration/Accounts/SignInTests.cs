using System.Net;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Accounts;

public sealed class SignInTests
{
    [Theory, OnEveryEngine]
    public async Task The_setup_link_makes_the_operator_once(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var link = await app.SetupLink();
        var opal = await app.Operator(); // prints a newer link: the older one is dead
        (await app.Visitor().Get(link)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await opal.Get("/")).Body.ShouldContain("Opal");
        (await opal.Get("/")).Body.ShouldContain("Testland");
        await Should.ThrowAsync<InvalidOperationException>(() => app.SetupLink());
    }

    [Theory, OnEveryEngine]
    public async Task A_setup_link_that_was_used_is_gone_and_a_wrong_one_never_was(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var link = await app.SetupLink();
        var form = new (string, object?)[] { ("site", "Testland"), ("name", "Opal"), ("email", "opal@example.org"), ("password", "seven quiet otters") };
        (await app.Visitor().Get("/setup/nonsense")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await app.Visitor().Post("/setup/nonsense", form)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await app.Visitor().Post(link, form)).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await app.Visitor().Get(link)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await app.Visitor().Post(link, form)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory, OnEveryEngine]
    public async Task Somebody_signs_up_by_mail_link_and_out_again(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        (await ada.Get("/no/such/page")).Body.ShouldContain("ada");
        (await ada.Post("/sign-out")).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await ada.Get("/no/such/page")).Body.ShouldContain("/sign-in");
    }

    [Theory, OnEveryEngine]
    public async Task A_password_signs_in_in_any_letter_case_of_the_address(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.SignUp("ada", password: "seven quiet otters");
        var browser = app.Visitor();
        var answer = await browser.Submit(await browser.Get("/sign-in?return=/memberships"), "main form", ("email", " ADA@Example.org "), ("password", "seven quiet otters"));
        answer.Status.ShouldBe(HttpStatusCode.SeeOther, answer.Text);
        answer.Location.ShouldBe("/memberships");
        (await browser.Get("/no/such/page")).Body.ShouldContain("ada");
    }
}
