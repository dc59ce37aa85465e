using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Accounts;

public sealed class InviteManyTests
{
    [Theory, OnEveryEngine]
    public async Task Inviting_makes_the_unknown_and_finds_the_known_without_changing_them(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        await app.In(async services =>
        {
            var people = services.GetRequiredService<IPeople>();
            var invited = await people.InviteMany([new("ADA@example.org", "Somebody else"), new("lin@example.org", "Lin"),
                new("Lin@Example.org", "Lin again"), new("mo@example.org", " ")]);
            invited.Count.ShouldBe(3);
            invited["ada@example.org"].ShouldBe(new InvitedPerson(ada.Id, false));
            invited["lin@example.org"].IsNew.ShouldBeTrue();
            var found = await people.FindMany([.. invited.Values.Select(i => i.Id), 42]);
            found.Values.Select(p => (p.Name, p.Email))
                .ShouldBe([("ada", "ada@example.org"), ("Lin", "lin@example.org"), ("Member", "mo@example.org")], ignoreOrder: true);
            (await people.InviteMany([new("lin@example.org", "Lin")]))["lin@example.org"]
                .ShouldBe(invited["lin@example.org"] with { IsNew = false });
            (await people.FindManyByEmail(["LIN@example.org", "nobody@example.org"]))
                .ShouldBe(new Dictionary<string, long> { ["lin@example.org"] = invited["lin@example.org"].Id });
            (await services.GetRequiredService<IAddressBook>().Find(invited["mo@example.org"].Id, default))
                .ShouldBe(new MailAddressee("Member", "mo@example.org"));
        });
    }

    [Theory, OnEveryEngine]
    public async Task Inviting_joins_the_callers_transaction(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.In(async services =>
        {
            var db = services.GetRequiredService<Db>();
            await using (await db.BeginWrite())
                (await services.GetRequiredService<IPeople>().InviteMany([new("lin@example.org", "Lin")])).Count.ShouldBe(1);
            (await services.GetRequiredService<IPeople>().FindByEmail("lin@example.org")).ShouldBeNull();
        });
    }

    [Theory, OnEveryEngine]
    public async Task Twelve_thousand_are_invited_in_few_commands_and_again_as_a_no_op(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var many = Enumerable.Range(0, 12_000).Select(i => new NewPerson($"Person{i}@example.org", $"Person {i}")).ToList();
        await app.In(async services =>
        {
            var people = services.GetRequiredService<IPeople>();
            var first = await people.InviteMany(many);
            first.Count.ShouldBe(12_000);
            first.Values.ShouldAllBe(i => i.IsNew);
            (await people.InviteMany(many)).Values.ShouldAllBe(i => !i.IsNew);
            (await people.FindManyByEmail(many.ConvertAll(p => p.Email))).Values.Order().ShouldBe(first.Values.Select(i => i.Id).Order());
        });
    }
}
