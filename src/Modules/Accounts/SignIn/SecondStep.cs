using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Accounts.SignIn;

/// <summary>The code of the authenticator, or one of the recovery codes, after the first step. Each code works once.</summary>
internal static class SecondStep
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/sign-in/code", Show).AllowAnyone();
        app.MapPost("/sign-in/code", Post).AllowAnyone();
    }

    internal static async Task<Admission> Handle(Ticket ticket, string code, string device, Db db, Clock clock, PersonalData data,
        RecoveryCodes recovery,
        AttemptGuard guard, Entrance entrance, CancellationToken ct)
    {
        var key = $"code:{ticket.PersonId}";
        await guard.Take(key, ct);
        await using var transaction = await db.BeginWrite(ct);
        var credential = await (from c in db.Credentials.AsNoTracking()
                                join p in db.People on c.PersonId equals p.Id
                                where c.PersonId == ticket.PersonId && p.ClosedAt == null && c.TotpConfirmedAt != null
                                select c).SingleOrDefaultAsync(ct) ?? throw Refusal.SignInFirst();
        var step = Totp.Match(data.OpenTotp(credential.TotpCipher!), code, clock.Now(), credential.TotpLastStep);
        var right = step is null
            ? await recovery.Use(ticket.PersonId, code, ct)
            : await db.Execute("UPDATE credential SET totp_last_step = @step WHERE person_id = @id AND totp_last_step < @step", ct,
                ("step", step), ("id", ticket.PersonId)) > 0;
        if (!right) throw Refusal.InvalidField("code",
            "This code is wrong or was used already. Wait for the next one, or use a recovery code.");
        await guard.Right(key, ct);
        var admission = await entrance.AdmitProven(ticket.PersonId, device, ticket.ReturnTo, ct);
        await transaction.Commit(ct);
        return admission;
    }

    private static IResult Show(HttpContext context, Entrance entrance) =>
        entrance.Open(context) is null ? Pages.SeeOther("/sign-in") : Pages.Show<SecondStepPage>(new SecondStepPage.View(FormState.Empty));

    private static async Task<IResult> Post(HttpContext context, Db db, Clock clock, PersonalData data, RecoveryCodes recovery,
        AttemptGuard guard,
        Entrance entrance, Sessions sessions)
    {
        if (entrance.Open(context) is not { } ticket) return Pages.SeeOther("/sign-in");
        return await FormInput.Submit(context, async input =>
        {
            var code = input.Required("code", 40);
            input.Check();
            var admission = await Handle(ticket, code, context.Device(), db, clock, data, recovery, guard, entrance,
                context.RequestAborted);
            await SignOut.LeaveOld(context, sessions);
            return admission.Answer(context);
        }, form => Task.FromResult(Pages.Show<SecondStepPage>(new SecondStepPage.View(form))));
    }
}
