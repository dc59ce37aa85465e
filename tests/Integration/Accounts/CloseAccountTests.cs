using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Accounts;

public sealed class CloseAccountTests
{
    private const string Password = "seven quiet otters";

    [Theory, OnEveryEngine]
    public async Task Closing_erases_who_it_was_and_keeps_the_number(Engine engine)
    {
        var told = new List<long>();
        await using var app = await TestApp.Start(engine, adjust: b => b.Services.AddSingleton(told).AddConsumer<AccountClosed, Witness>());
        var ada = await app.SignUp("Ada Lovelace", password: Password);
        var phone = await app.OtherBrowser(ada);
        await phone.Get("/account");
        var page = await ada.Open("/account/close");
        (await ada.Submit(page, "main form",
            ("current_password", Password))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity); // not ticked
        (await ada.Submit(page, "main form", ("current_password", "not the password"),
            ("understood", "true"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await ada.Submit(page, "main form", ("current_password", Password), ("understood", "true"))).Location.ShouldBe("/");

        (await phone.Get("/account")).Status.ShouldBe(HttpStatusCode.SeeOther);
        await app.Drain();
        told.ShouldBe([ada.Id]);
        await app.In(async services =>
        {
            var kept = await services.GetRequiredService<IPeople>().Find(ada.Id);
            kept.ShouldBe(new PersonInfo(ada.Id, "Former member", null, false, true) { CreatedAt = kept!.CreatedAt, IsConfirmed = true });
            (await services.GetRequiredService<IPeople>().FindByEmail(ada.Email)).ShouldBeNull();
            (await services.GetRequiredService<Stipend.Platform.Mail.IAddressBook>().Find(ada.Id, default)).ShouldBeNull();
            foreach (var table in new[] { "person_pii", "credential", "session", "mail_link", "passkey", "recovery_code" })
                (await (await services.GetRequiredService<Db>().Command($"SELECT COUNT(*) FROM {table}")).ExecuteScalarAsync())
                    .ShouldBe(0L, table);
        });
        var again = await app.SignUp("ada", email: ada.Email); // the address is free; whoever has it is somebody new
        again.Id.ShouldNotBe(ada.Id);
    }

    [Theory, OnEveryEngine]
    public async Task Another_modules_refusal_stops_the_closing_whole(Engine engine)
    {
        await using var app = await TestApp.Start(engine, adjust: b => b.Services.AddScoped<IBeforeAccountCloses, Objection>());
        var ada = await app.SignUp("ada");
        var answer = await ada.Post("/account/close", ("understood", "true"));
        answer.Status.ShouldBe(HttpStatusCode.Conflict);
        answer.Text.ShouldContain("Pay out first.");
        (await ada.Get("/account")).Text.ShouldContain("ada@example.org");
    }

    [Theory, OnEveryEngine]
    public async Task The_only_operator_stays(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var opal = await app.Operator();
        var answer = await opal.Post("/account/close", ("understood", "true"), ("current_password", opal.Password));
        answer.Status.ShouldBe(HttpStatusCode.Conflict);
        answer.Text.ShouldContain("only operator");
    }

    private sealed class Witness(List<long> told) : IHandle<AccountClosed>
    {
        public Task Handle(AccountClosed message, MessageContext context, CancellationToken ct)
        {
            told.Add(message.PersonId);
            return Task.CompletedTask;
        }
    }

    private sealed class Objection : IBeforeAccountCloses
    {
        public Task BeforeClose(long personId, CancellationToken ct) => throw Refusal.Conflict("balance", "Pay out first.");
    }
}
