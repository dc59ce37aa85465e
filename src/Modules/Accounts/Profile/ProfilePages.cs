using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.Accounts.Profile;

/// <summary>A person's own data: name, address, standing as a creator.</summary>
internal static class ProfilePages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/account", (HttpContext context, Db db, PersonalData data, Proof proof, CreatorPolicy policy) =>
            Show(context, db, data, proof, policy, FormState.Empty)).RequireSignIn();
        app.MapPost("/account/name", Rename).RequireSignIn();
    }

    internal static async Task<IResult> Show(HttpContext context, Db db, PersonalData data, Proof proof, CreatorPolicy policy,
        FormState form)
    {
        var (session, ct) = (context.RequireSession(), context.RequestAborted);
        var person = await db.People.AsNoTracking().Where(p => p.Id == session.PersonId)
            .Join(db.PersonalData, p => p.Id, d => d.PersonId, (p, d) => new { p.Name, p.IsOperator, p.Creator, d.EmailCipher })
                .SingleAsync(ct);
        var asks = !person.IsOperator && await policy.Current(ct) == CreatorSignUp.Approval;
        return Pages.Show<ProfilePage>(new ProfilePage.View(person.Name, data.OpenEmail(person.EmailCipher),
            asks ? Columns.Of(person.Creator) : null, await proof.Need(session, ct), form));
    }

    private static Task<IResult> Rename(HttpContext context, Db db, PersonalData data, Proof proof, CreatorPolicy policy,
        SessionCache cache) =>
        FormInput.Submit(context, async input =>
        {
            var (session, ct) = (context.RequireSession(), context.RequestAborted);
            var name = input.PersonName();
            input.Check();
            await using var transaction = await db.BeginWrite(ct);
            var person = await db.People.SingleAsync(p => p.Id == session.PersonId, ct);
            (person.Name, person.Version) = (Person.CleanName(name), person.Version + 1);
            db.AfterCommit(() => cache.ForgetPerson(session.PersonId));
            await transaction.Commit(ct);
            context.Flashes("Your name is changed.");
            return Pages.SeeOther("/account");
        }, form => Show(context, db, data, proof, policy, form));
}
