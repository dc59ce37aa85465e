using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using QRCoder;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.Accounts.Security;

/// <summary>Setting up and switching off the authenticator app. It asks for codes only after the first one was right.</summary>
internal static class Authenticator
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/account/security/totp", Begin).RequireSignIn();
        app.MapGet("/account/security/totp", (HttpContext context, Db db, PersonalData data, Proof proof) =>
            Show(context, db, data, proof, FormState.Empty)).RequireSignIn();
        app.MapGet("/account/security/totp.svg", Picture).RequireSignIn();
        app.MapPost("/account/security/totp/confirm", Confirm).RequireSignIn();
        app.MapPost("/account/security/totp/off", SwitchOff).RequireSignIn();
        app.MapPost("/account/security/totp/codes", NewCodes).RequireSignIn();
    }

    private static async Task<IResult> Begin(HttpContext context, Db db, PersonalData data)
    {
        var (session, ct) = (context.RequireSession(), context.RequestAborted);
        await using var transaction = await db.BeginWrite(ct);
        var credential = await db.Credentials.SingleOrDefaultAsync(c => c.PersonId == session.PersonId, ct)
            ?? db.Credentials.Add(new Credential { PersonId = session.PersonId }).Entity;
        if (credential.TotpConfirmedAt is not null) throw Refusal.Conflict("totp_on",
            "The authenticator is on already. Switch it off first.");
        credential.TotpCipher = data.SealTotp(Totp.NewSecret());
        await transaction.Commit(ct);
        return Pages.SeeOther("/account/security/totp");
    }

    private static async Task<IResult> Show(HttpContext context, Db db, PersonalData data, Proof proof, FormState form)
    {
        if (await Pending(context, db, data) is not { } secret) return Pages.SeeOther("/account/security");
        context.Response.Headers.CacheControl = "no-store";
        var groups = Totp.Text(secret).Chunk(4).Select(c => new string(c));
        return Pages.Show<AuthenticatorPage>(new AuthenticatorPage.View(string.Join(' ', groups),
            await proof.Need(context.RequireSession(), context.RequestAborted), form));
    }

    private static async Task<IResult> Picture(HttpContext context, Db db, PersonalData data, SiteOptions site)
    {
        if (await Pending(context, db, data) is not { } secret) throw Refusal.NotFound("picture");
        var session = context.RequireSession();
        using var generator = new QRCodeGenerator();
        using var code = generator.CreateQrCode(Totp.Uri(secret, site.Name, session.Name), QRCodeGenerator.ECCLevel.M);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Text(new SvgQRCode(code).GetGraphic(4, "#000000", "#ffffff"), "image/svg+xml");
    }

    /// <summary>The secret that waits for its first code.</summary>
    private static async Task<byte[]?> Pending(HttpContext context, Db db, PersonalData data)
    {
        var personId = context.RequireSession().PersonId;
        var cipher = await db.Credentials.Where(c => c.PersonId == personId && c.TotpConfirmedAt == null).Select(c => c.TotpCipher)
            .SingleOrDefaultAsync(context.RequestAborted);
        return cipher is null ? null : data.OpenTotp(cipher);
    }

    private static Task<IResult> Confirm(HttpContext context, Db db, Clock clock, PersonalData data, RecoveryCodes recovery, Proof proof) =>
        FormInput.Submit(context, async input =>
        {
            var (session, ct) = (context.RequireSession(), context.RequestAborted);
            var code = input.Required("code", 20);
            input.Check();
            await proof.Require(session, input.Verbatim("current_password"), ct);
            await using var transaction = await db.BeginWrite(ct);
            var credential = await db.Credentials.SingleOrDefaultAsync(c =>
                c.PersonId == session.PersonId && c.TotpConfirmedAt == null && c.TotpCipher != null, ct)
                ?? throw Refusal.Conflict("totp_not_begun", "Begin setting up the authenticator on the security page.");
            credential.TotpLastStep = Totp.Match(data.OpenTotp(credential.TotpCipher!), code, clock.Now(), 0)
                ?? throw Refusal.InvalidField("code",
                    "This is not the code the app shows now. Check that the clock of your device is right.");
            credential.TotpConfirmedAt = clock.Now();
            var codes = await recovery.Renew(session.PersonId, ct);
            await transaction.Commit(ct);
            return Codes(context, codes);
        }, form => Show(context, db, data, proof, form));

    private static Task<IResult> SwitchOff(HttpContext context, Db db, Proof proof) =>
        FormInput.Submit(context, async input =>
        {
            var (session, ct) = (context.RequireSession(), context.RequestAborted);
            await proof.Require(session, input.Verbatim("current_password"), ct);
            await using var transaction = await db.BeginWrite(ct);
            await db.Execute("UPDATE credential SET totp_cipher = NULL, totp_confirmed_at = NULL WHERE person_id = @id", ct,
                ("id", session.PersonId));
            await db.Execute("DELETE FROM recovery_code WHERE person_id = @id", ct, ("id", session.PersonId));
            await transaction.Commit(ct);
            context.Flashes("The authenticator is off.");
            return Pages.SeeOther("/account/security");
        }, form => SecurityPages.Show(context, db, proof, Named(form)));

    private static Task<IResult> NewCodes(HttpContext context, Db db, RecoveryCodes recovery, Proof proof) =>
        FormInput.Submit(context, async input =>
        {
            var (session, ct) = (context.RequireSession(), context.RequestAborted);
            await proof.Require(session, input.Verbatim("current_password"), ct);
            await using var transaction = await db.BeginWrite(ct);
            if (!await db.Credentials.AnyAsync(c => c.PersonId == session.PersonId && c.TotpConfirmedAt != null, ct))
                throw Refusal.Conflict("totp_off", "Recovery codes belong to an authenticator. Set one up first.");
            var codes = await recovery.Renew(session.PersonId, ct);
            await transaction.Commit(ct);
            return Codes(context, codes);
        }, form => SecurityPages.Show(context, db, proof, Named(form)));

    /// <summary>Shown this once: only their hashes are kept.</summary>
    private static IResult Codes(HttpContext context, IReadOnlyList<string> codes)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Pages.Show<RecoveryCodesPage>(new RecoveryCodesPage.View(codes));
    }

    private static FormState Named(FormState form) => form with { Values = new Dictionary<string, string> { ["form"] = "totp" } };
}
