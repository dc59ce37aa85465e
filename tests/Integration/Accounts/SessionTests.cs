using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Accounts;

public sealed class SessionTests
{
    private const string Password = "seven quiet otters";

    [Theory, OnEveryEngine]
    public async Task One_browser_is_signed_out_at_once_and_the_other_stays(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        var phone = await app.OtherBrowser(ada);
        (await phone.Get("/account")).Status.ShouldBe(HttpStatusCode.OK); // now its session is cached
        var page = await ada.Open("/account/sessions");
        page.Texts("tbody tr").Count.ShouldBe(2);
        var other = page.Html.QuerySelectorAll("tbody tr").Single(r => !r.TextContent.Contains("This browser"))
            .QuerySelector("form")!.GetAttribute("action")!;
        (await ada.Post(other)).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await phone.Get("/account")).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await ada.Get("/account")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory, OnEveryEngine]
    public async Task Nobody_ends_somebody_elses_session(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, mallory) = (await app.SignUp("ada"), await app.SignUp("mallory"));
        var action = (await ada.Open("/account/sessions")).Find("tbody form")!.GetAttribute("action")!;
        (await mallory.Post(action)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ada.Get("/account")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory, OnEveryEngine]
    public async Task Signing_out_everywhere_ends_every_session_and_every_mailed_link(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        var phone = await app.OtherBrowser(ada);
        await phone.Get("/account");
        await app.Visitor().Post("/sign-in/link", ("email", ada.Email));
        var link = TestApp.LinkIn(await app.LastMailText(ada.Id), "/sign-in/link/")!;
        (await ada.Post("/account/sessions/end-all")).Location.ShouldBe("/sign-in");
        (await ada.Get("/account")).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await phone.Get("/account")).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await app.Visitor().Post(link)).Status.ShouldBe(HttpStatusCode.Gone);
    }

    [Theory, OnEveryEngine]
    public async Task A_new_password_signs_the_other_browsers_out(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada", password: Password);
        var thief = await app.OtherBrowser(ada);
        (await ada.Post("/account/security/password", ("current_password", "not the password"),
            ("new_password", "eight loud walruses"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var page = await ada.Open("/account/security");
        (await ada.Submit(page, "form[action='/account/security/password']", ("current_password", Password),
            ("new_password", "eight loud walruses"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await ada.Get("/account")).Status.ShouldBe(HttpStatusCode.OK);
        (await thief.Get("/account")).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await app.Visitor()
            .Post("/sign-in", ("email", ada.Email), ("password", Password))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await app.Visitor()
            .Post("/sign-in", ("email", ada.Email), ("password", "eight loud walruses"))).Status.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Theory, OnEveryEngine]
    public async Task Without_a_password_one_may_be_added_only_soon_after_signing_in(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        app.Time.Advance(Duration.FromMinutes(16));
        var late = await ada.Post("/account/security/password", ("new_password", Password));
        late.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        late.Text.ShouldContain("sign in again");
        var again = await app.OtherBrowser(ada);
        (await again.Post("/account/security/password", ("new_password", Password))).Status.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Theory, OnEveryEngine]
    public async Task A_session_ends_after_thirty_idle_days_or_ninety_in_all(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (idle, busy) = (await app.SignUp("idle"), await app.SignUp("busy"));
        for (var day = 5; day <= 85; day += 5)
        {
            app.Time.Advance(Duration.FromDays(5));
            (await busy.Get("/account/sessions")).Status.ShouldBe(HttpStatusCode.OK, $"day {day}"); // that page writes the last use
            if (day == 30) (await idle.Get("/account")).Status.ShouldBe(HttpStatusCode.SeeOther);
        }
        app.Time.Advance(Duration.FromDays(5));
        (await busy.Get("/account")).Status.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Theory, OnEveryEngine]
    public async Task For_some_seconds_a_session_is_not_read_again(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        (await ada.Get("/account")).Status.ShouldBe(HttpStatusCode.OK);
        // Behind the site's back, as another process would: here it is seen only when the session is read again.
        await app.In(s => s.GetRequiredService<Db>().Execute("DELETE FROM session"));
        app.Time.Advance(Duration.FromSeconds(15));
        (await ada.Get("/account")).Status.ShouldBe(HttpStatusCode.OK);
        app.Time.Advance(Duration.FromSeconds(1));
        (await ada.Get("/account")).Status.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Theory, OnEveryEngine]
    public async Task The_last_use_is_written_at_most_once_in_ten_minutes(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        async Task<long> LastUsed()
        {
            await ada.Get("/account");
            await app.Services.GetRequiredService<Stipend.Accounts.Model.SessionUse>().Write(default);
            return await app.In(async s =>
                (long)(await (await s.GetRequiredService<Db>().Command("SELECT last_used_at FROM session")).ExecuteScalarAsync())!);
        }
        var first = await LastUsed();
        app.Time.Advance(Duration.FromMinutes(9));
        (await LastUsed()).ShouldBe(first);
        app.Time.Advance(Duration.FromMinutes(1));
        (await LastUsed()).ShouldBe(first + 600_000);
    }
}
