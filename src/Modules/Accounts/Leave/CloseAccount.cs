using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;
using Stipend.Platform.Ui;

namespace Stipend.Accounts.Leave;

/// <summary>
/// Closing an account: other modules end and settle what runs, what tells who the person was is erased, and the id stays,
/// because the books refer to it. Everything happens in one transaction or not at all.
/// </summary>
internal static class CloseAccount
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/account/close", (HttpContext context, Proof proof) => Show(context, proof, FormState.Empty)).RequireSignIn();
        app.MapPost("/account/close", Post).RequireSignIn();
    }

    /// <exception cref="Refusal">last_operator, or another module's reason.</exception>
    internal static async Task Handle(long personId, Db db, Clock clock, Sessions sessions, Outbox outbox,
        IEnumerable<IBeforeAccountCloses> others, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var person = await db.People.SingleOrDefaultAsync(p => p.Id == personId && p.ClosedAt == null, ct)
            ?? throw Refusal.NotFound("account");
        if (person.IsOperator && !await db.People.AnyAsync(p => p.IsOperator && p.Id != personId, ct))
            throw Refusal.Conflict("last_operator",
                "You are the only operator of this site. Make somebody else an operator before you close your account.");
        foreach (var other in others) await other.BeforeClose(personId, ct);

        (person.Name, person.IsOperator, person.Creator, person.ClosedAt, person.Version) = (Person.FormerName, false, Creator.None,
            clock.Now(), person.Version + 1);
        await sessions.EndAll(personId, ct);
        foreach (var table in new[] { "person_pii", "credential", "recovery_code", "passkey" })
            await db.Execute($"DELETE FROM {table} WHERE person_id = @id", ct, ("id", personId));
        outbox.Publish(new AccountClosed(personId));
        await transaction.Commit(ct);
    }

    private static async Task<IResult> Show(HttpContext context, Proof proof, FormState form) =>
        Pages.Show<CloseAccountPage>(new CloseAccountPage.View(await proof.Need(context.RequireSession(), context.RequestAborted), form));

    private static Task<IResult> Post(HttpContext context, Db db, Clock clock, Sessions sessions, Outbox outbox,
        IEnumerable<IBeforeAccountCloses> others, Proof proof) =>
        FormInput.Submit(context, async input =>
        {
            var (session, ct) = (context.RequireSession(), context.RequestAborted);
            if (!input.Ticked("understood")) input.Wrong("understood", "Tick this to go on.");
            input.Check();
            await proof.Require(session, input.Verbatim("current_password"), ct);
            await Handle(session.PersonId, db, clock, sessions, outbox, others, ct);
            context.DropSession();
            context.Flashes("Your account is closed and your personal data is erased.");
            return Pages.SeeOther("/");
        }, form => Show(context, proof, form));
}
