using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Stipend.Accounts.Contracts;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Accounts.SignIn;

/// <summary>Signing in by address and password. Nothing here tells whether an address has an account: not the words, not the time, not the
/// locks.</summary>
internal static class SignIn
{
    internal sealed record Request(string Email, string Password, string ReturnTo, string Device);

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/sign-in", Show).AllowAnyone();
        app.MapPost("/sign-in", Post).AllowAnyone();
    }

    internal static async Task<Admission> Handle(Request request, Db db, PersonalData data, Passwords passwords, AttemptGuard guard,
        Entrance entrance, CancellationToken ct)
    {
        var index = data.Index(request.Email);
        await guard.Take("password:" + index, ct);
        var found = await (from d in db.PersonalData.AsNoTracking()
                           join c in db.Credentials on d.PersonId equals c.PersonId
                           join p in db.People on d.PersonId equals p.Id
                           where d.EmailIndex == index && p.ClosedAt == null && p.ConfirmedAt != null
                           select new { d.PersonId, c.PasswordHash }).SingleOrDefaultAsync(ct);
        if (!passwords.Verify(found?.PasswordHash, request.Password, out var needsRehash))
            throw Refusal.Invalid("wrong_sign_in",
                "That address and password do not belong together. Try again, or have a sign-in link mailed to you.");

        var fresh = needsRehash ? passwords.Hash(request.Password) : null;
        await using var transaction = await db.BeginWrite(ct);
        await guard.Right("password:" + index, ct);
        if (fresh is not null)
            await db.Execute("UPDATE credential SET password_hash = @hash WHERE person_id = @id AND password_hash = @old",
                ct, ("hash", fresh), ("id", found!.PersonId), ("old", found.PasswordHash));
        var admission = await entrance.Admit(found!.PersonId, request.Device, request.ReturnTo, ct);
        await transaction.Commit(ct);
        return admission;
    }

    private static IResult Show(HttpContext context, string? @return, string? back) =>
        context.Viewer() is not null
            ? Pages.SeeOther(Pages.Local(@return ?? back))
            : Pages.Show<SignInPage>(new SignInPage.View(Pages.Local(@return ?? back), FormState.Empty));

    private static Task<IResult> Post(HttpContext context, Db db, PersonalData data, Passwords passwords, AttemptGuard guard,
        Entrance entrance,
        Sessions sessions, Throttle throttle, IOptions<AccountsOptions> options) =>
        FormInput.Submit(context, async input =>
        {
            var email = input.Email();
            var password = input.Verbatim("password");
            if (password.Length is 0 or > Passwords.MaxLength) input.Wrong("password",
                "Type your password, or have a sign-in link mailed to you.");
            input.Check();
            throttle.Count("sign-in:" + context.NetworkAddress(), options.Value.SignInsPerAddress, Duration.FromMinutes(15));
            var request = new Request(email, password, Pages.Local(input.Raw("return")), context.Device());
            var admission = await Handle(request, db, data, passwords, guard, entrance, context.RequestAborted);
            await SignOut.LeaveOld(context, sessions);
            return admission.Answer(context);
        }, form => Task.FromResult(Pages.Show<SignInPage>(new SignInPage.View(Pages.Local(form.Value("return")), form))));
}
