using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Accounts;

public sealed class ProfileTests
{
    private const string Password = "seven quiet otters";

    [Theory, OnEveryEngine]
    public async Task A_new_name_shows_at_once(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        await ada.Does("/account", "form[action='/account/name']", ("name", "  Ada \t Lovelace \u202e"));
        (await ada.Get("/account")).Texts(".menu-name").ShouldBe(["Ada Lovelace"]);
        (await ada.Post("/account/name", ("name", " "))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var script = await ada.Post("/account/name", ("name", "<script>alert(1)</script>"));
        script.Status.ShouldBe(HttpStatusCode.SeeOther);
        (await ada.Get("/account")).Body.ShouldNotContain("<script>alert");
    }

    [Theory, OnEveryEngine]
    public async Task An_address_moves_when_the_new_one_is_confirmed_and_the_old_one_is_told(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada", password: Password);
        (await ada.Post("/account/email", ("new_email", "ada@example.com"),
            ("current_password", "not the password"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        await ada.Post("/sign-in/link", ("email", ada.Email));
        var oldLink = TestApp.LinkIn(await app.LastMailText(ada.Id), "/sign-in/link/")!;

        await ada.Does("/account", "form[action='/account/email']", ("new_email", "Ada@Example.com"), ("current_password", Password));
        var mails = await app.Mails();
        mails[^1].Address.ShouldBe("ada@example.org");
        mails[^1].Subject.ShouldContain("about to change");
        mails[^2].Address.ShouldBe("Ada@Example.com");
        var link = TestApp.LinkIn(mails[^2].Text, "/account/email/")!;
        (await app.Visitor()
            .Get(link.Replace("/account/email/", "/sign-in/link/"))).Status.ShouldBe(HttpStatusCode.Gone); // it signs nobody in
        (await app.Visitor().Post(link.Replace("/account/email/", "/sign-in/link/"))).Status.ShouldBe(HttpStatusCode.Gone);
        (await ada.Get("/account")).Text.ShouldContain("ada@example.org");

        (await ada.Does(link, "main form")).ShouldBe("/account");
        (await ada.Get("/account")).Text.ShouldContain("Ada@Example.com");
        (await ada.Get(link)).Status.ShouldBe(HttpStatusCode.Gone);
        (await ada.Get(oldLink)).Status.ShouldBe(HttpStatusCode.Gone); // the old mailbox opens nothing any more
        (await app.Visitor()
            .Post("/sign-in", ("email", "ada@example.com"), ("password", Password))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await app.Visitor()
            .Post("/sign-in", ("email", "ada@example.org"), ("password", Password))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Theory, OnEveryEngine]
    public async Task Asking_for_an_address_somebody_has_looks_the_same_and_changes_nothing(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, lin) = (await app.SignUp("ada"), await app.SignUp("lin"));
        var free = await ada.Post("/account/email", ("new_email", "free@example.org"));
        var taken = await ada.Post("/account/email", ("new_email", "LIN@example.org"));
        (taken.Status, taken.Location).ShouldBe((free.Status, free.Location));
        (await app.LastMailText(lin.Id)).ShouldNotBeNull().ShouldContain("Nothing was changed");
        TestApp.LinkIn(await app.LastMailText(lin.Id), "/account/email/").ShouldBeNull();
    }

    [Theory, OnEveryEngine]
    public async Task An_address_taken_between_asking_and_confirming_stays_with_who_took_it(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        await ada.Post("/account/email", ("new_email", "free@example.org"));
        var link = (await app.Mails()).Select(m => TestApp.LinkIn(m.Text, "/account/email/")).Single(l => l is not null)!;
        var lin = await app.SignUp("lin", email: "free@example.org");
        (await ada.Post(link)).Status.ShouldBe(HttpStatusCode.Conflict);
        (await ada.Get("/account")).Text.ShouldContain("ada@example.org");
        (await app.In(s => s.GetRequiredService<IPeople>().FindByEmail("free@example.org")))!.Id.ShouldBe(lin.Id);
    }

    [Theory, OnEveryEngine]
    public async Task A_person_takes_their_data_away(Engine engine)
    {
        await using var app = await TestApp.Start(engine, adjust: b => b.Services.AddScoped<IExportsPersonalData, Extra>());
        var ada = await app.SignUp("ada");
        var file = await ada.Get("/account/export");
        file.Response.Content.Headers.ContentDisposition!.FileName.ShouldBe("my-data.json");
        using var json = JsonDocument.Parse(file.Body);
        json.RootElement.GetProperty("account").GetProperty("email").GetString().ShouldBe("ada@example.org");
        json.RootElement.GetProperty("signed_in_browsers").GetArrayLength().ShouldBe(1);
        json.RootElement.GetProperty("extra").GetProperty("person").GetInt64().ShouldBe(ada.Id);
    }

    private sealed class Extra : IExportsPersonalData
    {
        public string Section => "extra";
        public Task<object> Export(long personId, CancellationToken ct) =>
            Task.FromResult<object>(new Dictionary<string, long> { ["person"] = personId });
    }
}
