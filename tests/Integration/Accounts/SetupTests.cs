using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Accounts;

public sealed class SetupTests
{
    private static readonly (string, object?)[] s_form = [("site", "Testland"), ("name", "Opal"), ("email", "opal@example.org"),
        ("password", "seven quiet otters")];

    [Theory, OnEveryEngine]
    public async Task The_setup_link_makes_the_operator_and_names_the_site(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var older = await app.SetupLink();
        var opal = await app.Operator(); // a newer link was printed: the older one is dead
        (await app.Visitor().Get(older)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await opal.Get("/operator/creators")).Status.ShouldBe(HttpStatusCode.OK);
        (await app.Visitor().Get("/sign-in")).Title.ShouldBe("Sign in · Testland");
        (await app.Visitor().Post("/sign-in", ("email", opal.Email), ("password", opal.Password))).Status.ShouldBe(HttpStatusCode.SeeOther);
        await Should.ThrowAsync<InvalidOperationException>(() => app.SetupLink()); // nothing more is printed
    }

    [Theory, OnEveryEngine]
    public async Task A_used_setup_link_is_gone_and_a_guessed_one_never_was(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var link = await app.SetupLink();
        (await app.Visitor().Get("/setup/nonsense")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await app.Visitor().Post("/setup/nonsense", s_form)).Status.ShouldBe(HttpStatusCode.NotFound);
        var weak = await app.Visitor()
            .Post(link, ("site", "Testland"), ("name", "Opal"), ("email", "opal@example.org"), ("password", "short"));
        weak.Status.ShouldBe(HttpStatusCode.UnprocessableEntity); // and the link still works
        (await app.Visitor().Post(link, s_form)).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await app.Visitor().Get(link)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await app.Visitor().Post(link, s_form)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory, OnEveryEngine]
    public async Task Of_two_setups_at_once_one_makes_the_operator(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var link = await app.SetupLink();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i =>
            app.Visitor()
                .Post(link, ("site", "Testland"), ("name", "Opal"), ("email", $"opal{i}@example.org"),
                ("password", "seven quiet otters"))));
        answers.Count(a => a.Status == HttpStatusCode.SeeOther).ShouldBe(1);
        (await app.In(async s => await (await s.GetRequiredService<Db>().Command("SELECT COUNT(*) FROM person")).ExecuteScalarAsync()))
            .ShouldBe(1L);
    }

    [Theory, OnEveryEngine]
    public async Task Somebody_imported_before_the_setup_becomes_the_operator_and_stays_themselves(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var imported = await app.In(s => s.GetRequiredService<IPeople>().InviteMany([new("opal@example.org", "Old name")]));
        var opal = await app.Operator();
        opal.Id.ShouldBe(imported["opal@example.org"].Id);
        var kept = await app.In(s => s.GetRequiredService<IPeople>().Find(opal.Id));
        kept.ShouldBe(new PersonInfo(opal.Id, "Opal", "opal@example.org", true, false) { CreatedAt = kept!.CreatedAt, IsConfirmed = true });
    }
}
