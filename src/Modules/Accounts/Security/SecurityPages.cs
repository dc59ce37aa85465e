using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.Accounts.Security;

/// <summary>The security page: password, authenticator, passkeys, each changed only by who proves to be themselves.</summary>
internal static class SecurityPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/account/security", (HttpContext context, Db db, Proof proof) => Show(context, db, proof, FormState.Empty))
            .RequireSignIn();
        app.MapPost("/account/security/password", ChangePassword).RequireSignIn();
    }

    /// <summary>Sets or changes the password. Other browsers are signed out: whoever knew the old one is out.</summary>
    internal static async Task SetPassword(CurrentSession session, string password, Db db, Clock clock, Passwords passwords,
        Sessions sessions, CancellationToken ct)
    {
        var hash = passwords.Hash(password);
        await using var transaction = await db.BeginWrite(ct);
        var credential = await db.Credentials.SingleOrDefaultAsync(c => c.PersonId == session.PersonId, ct)
            ?? db.Credentials.Add(new Credential { PersonId = session.PersonId }).Entity;
        (credential.PasswordHash, credential.PasswordChangedAt) = (hash, clock.Now());
        await sessions.EndAll(session.PersonId, ct, except: session.Id);
        await transaction.Commit(ct);
    }

    private static Task<IResult> ChangePassword(HttpContext context, Db db, Clock clock, Passwords passwords, Sessions sessions,
        Proof proof, PersonalData data) =>
        FormInput.Submit(context, async input =>
        {
            var session = context.RequireSession();
            var cipher = await db.PersonalData.Where(d => d.PersonId == session.PersonId).Select(d => d.EmailCipher)
                .SingleAsync(context.RequestAborted);
            var password = input.NewPassword(data.OpenEmail(cipher), session.Name, required: true, name: "new_password");
            input.Check();
            await proof.Require(session, input.Verbatim("current_password"), context.RequestAborted);
            await SetPassword(session, password!, db, clock, passwords, sessions, context.RequestAborted);
            context.Flashes("Your password is set. Other browsers were signed out.");
            return Pages.SeeOther("/account/security");
        }, form => Show(context, db, proof, form));

    internal static async Task<IResult> Show(HttpContext context, Db db, Proof proof, FormState form)
    {
        var (session, ct) = (context.RequireSession(), context.RequestAborted);
        var credential = await db.Credentials.AsNoTracking().SingleOrDefaultAsync(c => c.PersonId == session.PersonId, ct);
        var codes = await db.RecoveryCodes.CountAsync(c => c.PersonId == session.PersonId, ct);
        var passkeys = await db.Passkeys.AsNoTracking().Where(p => p.PersonId == session.PersonId).OrderBy(p => p.CreatedAt)
            .Select(p => new { p.CredentialId, p.Name, p.CreatedAt, p.LastUsedAt }).ToListAsync(ct);
        return Pages.Show<SecurityPage>(new SecurityPage.View(
            credential?.PasswordHash is not null, credential?.PasswordChangedAt, credential?.TotpConfirmedAt, codes,
            passkeys.ConvertAll(p =>
                new SecurityPage.Key(System.Buffers.Text.Base64Url.EncodeToString(p.CredentialId), p.Name, p.CreatedAt, p.LastUsedAt)),
            await proof.Need(session, ct), form));
    }
}
