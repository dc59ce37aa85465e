using System.Buffers.Text;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Stipend.Accounts.Contracts;
using Stipend.Accounts.Model;
using Stipend.Accounts.SignIn;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.Accounts.Passkeys;

/// <summary>Adding a passkey and signing in with one. The browser's script carries JSON between the device and these endpoints.</summary>
internal static class PasskeyPages
{
    private const int MostPasskeys = 20;

    /// <summary>What the browser's credential API answered, as text, and where to go on.</summary>
    internal sealed record Answer(string? Credential, string? ReturnTo);

    internal sealed record GoOn(string Location);

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/account/security/passkeys/options", AskToCreate).RequireSignIn();
        app.MapPost("/account/security/passkeys", Create).RequireSignIn();
        app.MapPost("/account/security/passkeys/remove", Remove).RequireSignIn();
        app.MapPost("/sign-in/passkey/options", AskToSignIn).AllowAnyone();
        app.MapPost("/sign-in/passkey", SignInWith).AllowAnyone();
    }

    private static async Task<IResult> AskToCreate(HttpContext context, PasskeyRites rites, Db db, PersonalData data, Clock clock)
    {
        var (session, ct) = (context.RequireSession(), context.RequestAborted);
        if (!Proof.IsFresh(session, clock.Now())) // a passkey opens the account for good, so a browser left open must not get one
            throw Refusal.Invalid("sign_in_again",
                "You signed in a while ago. Sign out, sign in again, and add the passkey within 15 minutes.");
        var cipher = await db.PersonalData.Where(d => d.PersonId == session.PersonId).Select(d => d.EmailCipher).SingleAsync(ct);
        var options = await rites.Handler.MakeCreationOptionsAsync(new PasskeyUserEntity
        {
            Id = session.PersonId.ToString(CultureInfo.InvariantCulture), Name = data.OpenEmail(cipher), DisplayName = session.Name,
        }, context);
        rites.Keep(context, options.AttestationState);
        return Results.Content(options.CreationOptionsJson, "application/json");
    }

    private static async Task<IResult> Create(Answer answer, HttpContext context, PasskeyRites rites, Db db, Clock clock)
    {
        var (session, ct) = (context.RequireSession(), context.RequestAborted);
        var result = await rites.Handler.PerformAttestationAsync(new PasskeyAttestationContext
        {
            HttpContext = context, CredentialJson = Text(answer), AttestationState = rites.Take(context),
        });
        if (!result.Succeeded || result.UserEntity.Id != session.PersonId.ToString(CultureInfo.InvariantCulture))
            throw Refusal.Invalid("passkey_refused", "The passkey could not be added. Try again, or use another device.");
        var made = result.Passkey;
        await using var transaction = await db.BeginWrite(ct);
        if (await db.Passkeys.CountAsync(p => p.PersonId == session.PersonId, ct) >= MostPasskeys)
            throw Refusal.Conflict("too_many_passkeys", $"You have {MostPasskeys} passkeys. Remove one first.");
        db.Passkeys.Add(new Passkey
        {
            CredentialId = made.CredentialId, PersonId = session.PersonId, Name = context.Device(), PublicKey = made.PublicKey,
                SignCount = made.SignCount,
            Transports = string.Join(',', made.Transports ?? []), IsUserVerified = made.IsUserVerified,
                IsBackupEligible = made.IsBackupEligible,
            IsBackedUp = made.IsBackedUp, CreatedAt = clock.Now(),
        });
        try
        {
            await transaction.Commit(ct);
        }
        catch (DbUpdateException error) when (error.IsDuplicate)
        {
            throw Refusal.Conflict("passkey_known", "This passkey is registered already.");
        }
        context.Flashes("The passkey is added.");
        return Results.Json(new GoOn("/account/security"));
    }

    private static string Text(Answer answer) => answer.Credential is { Length: > 0 and < 20_000 } text
        ? text
        : throw Refusal.Invalid("passkey_missing", "The browser sent no passkey. Try again.");

    private static Task<IResult> Remove(HttpContext context, Db db) => FormInput.Submit(context, async input =>
    {
        var id = input.Required("id", 2000);
        if (!Base64Url.IsValid(id)) throw Refusal.NotFound("passkey");
        if (await db.Execute("DELETE FROM passkey WHERE credential_id = @id AND person_id = @person", context.RequestAborted,
            ("id", Base64Url.DecodeFromChars(id)), ("person", context.RequireSession().PersonId)) == 0) throw Refusal.NotFound("passkey");
        context.Flashes("The passkey is removed.");
        return Pages.SeeOther("/account/security");
    }, _ => throw Refusal.NotFound("passkey"));

    private static async Task<IResult> AskToSignIn(HttpContext context, PasskeyRites rites)
    {
        var options = await rites.Handler.MakeRequestOptionsAsync(null, context);
        rites.Keep(context, options.AssertionState);
        return Results.Content(options.RequestOptionsJson, "application/json");
    }

    private static async Task<IResult> SignInWith(Answer answer, HttpContext context, PasskeyRites rites, Db db, Clock clock,
        Entrance entrance, Sessions sessions,
        Throttle throttle, IOptions<AccountsOptions> options)
    {
        var ct = context.RequestAborted;
        throttle.Count("sign-in:" + context.NetworkAddress(), options.Value.SignInsPerAddress, Duration.FromMinutes(15));
        var result = await rites.Handler.PerformAssertionAsync(new PasskeyAssertionContext
        {
            HttpContext = context, CredentialJson = Text(answer), AssertionState = rites.Take(context),
        });
        if (!result.Succeeded || !result.Passkey.IsUserVerified) throw Refusal.Invalid("passkey_refused",
            "This passkey is not known here. Sign in another way.");
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute("UPDATE passkey SET sign_count = @count, is_backed_up = @backed, last_used_at = @now WHERE credential_id = @id AND person_id = @person", ct,
            ("count", (long)result.Passkey.SignCount), ("backed", result.Passkey.IsBackedUp), ("now", clock.Now()),
                ("id", result.Passkey.CredentialId), ("person", result.User.Id));
        var admission = await entrance.AdmitProven(result.User.Id, context.Device(), Pages.Local(answer.ReturnTo), ct);
        await transaction.Commit(ct);
        await SignOut.LeaveOld(context, sessions);
        return Results.Json(new GoOn(admission.Apply(context)));
    }
}
