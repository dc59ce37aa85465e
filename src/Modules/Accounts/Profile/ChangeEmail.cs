using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Stipend.Accounts.Contracts;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;
using Stipend.Platform.Ui;

namespace Stipend.Accounts.Profile;

/// <summary>
/// Moving to another mail address: asked for with proof, told to the old address, done when the link mailed to the new one is used.
/// Asking tells nobody whether the new address has an account already.
/// </summary>
internal static class ChangeEmail
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/account/email", Ask).RequireSignIn();
        app.MapGet("/account/email/{token}", Show).AllowAnyone();
        app.MapPost("/account/email/{token}", Confirm).AllowAnyone();
    }

    internal static async Task Send(long personId, string email, string browser, Db db, PersonalData data, MailLinks links, Outbox outbox,
        SiteOptions site, CancellationToken ct)
    {
        var index = data.Index(email);
        await using var transaction = await db.BeginWrite(ct);
        var owner = await db.PersonalData.Where(d => d.EmailIndex == index).Select(d => (long?)d.PersonId).SingleOrDefaultAsync(ct);
        if (owner is not null && owner != personId)
            outbox.Publish(new SendMail(owner.Value, $"Your address at {site.Name}", """
                Somebody, perhaps you, wanted to move another account to this address, which has an account already. Nothing was changed.

                If it was you: close one of the two accounts first.
                """, "new_address"));
        else
            links.Send(new MailLinks.Order(personId, LinkPurpose.NewAddress, browser, "/account") { EmailCipher = data.SealEmail(email),
                EmailIndex = index },
                $"Confirm your new address for {site.Name}", """
                Open this link to make this your address. It works once, for 20 minutes.

                {link}

                If you did not ask for it, ignore this mail; nothing changes without the link.
                """);
        outbox.Publish(new SendMail(personId, $"Your address at {site.Name} is about to change", """
            You asked to move your account to another mail address. It moves when the link mailed there is opened.

            If it was not you, sign in, sign out everywhere on the page of signed-in browsers, and change your password.
            """, "address_changes"));
        await transaction.Commit(ct);
    }

    /// <summary>Moves the account. Links mailed to the old address stop working.</summary>
    internal static async Task Handle(string token, Db db, MailLinks links, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var link = await links.Take(token, ct);
        if (link.Purpose != LinkPurpose.NewAddress) throw MailLinks.Gone();
        var pii = await db.PersonalData.SingleOrDefaultAsync(d => d.PersonId == link.PersonId, ct) ?? throw MailLinks.Gone();
        (pii.EmailCipher, pii.EmailIndex) = (link.EmailCipher!, link.EmailIndex!);
        try
        {
            await db.Execute("DELETE FROM mail_link WHERE person_id = @id", ct, ("id", link.PersonId));
            await transaction.Commit(ct);
        }
        catch (DbUpdateException error) when (error.IsDuplicate)
        {
            throw Refusal.Conflict("address_taken", "Somebody has taken this address in the meantime. Nothing was changed.");
        }
    }

    private static Task<IResult> Ask(HttpContext context, Db db, PersonalData data, MailLinks links, Outbox outbox, SiteOptions site,
        Proof proof,
        CreatorPolicy policy, Throttle throttle, IOptions<AccountsOptions> options) =>
        FormInput.Submit(context, async input =>
        {
            var (session, ct) = (context.RequireSession(), context.RequestAborted);
            var email = input.Email("new_email");
            input.Check();
            throttle.Count("mail:" + context.NetworkAddress(), options.Value.MailsPerAddress, Duration.FromHours(1));
            throttle.Count("mail:" + data.Index(email), options.Value.MailsPerPerson, Duration.FromHours(1));
            await proof.Require(session, input.Verbatim("current_password"), ct);
            await Send(session.PersonId, email, context.BrowserName(), db, data, links, outbox, site, ct);
            context.Flashes("Look in the new mailbox: the change happens when you open the link mailed there.", Tone.Info);
            return Pages.SeeOther("/account");
        }, form => ProfilePages.Show(context, db, data, proof, policy, form));

    private static async Task<IResult> Show(string token, HttpContext context, MailLinks links)
    {
        if (await links.Look(token, context.RequestAborted) is not { Purpose: LinkPurpose.NewAddress }) throw MailLinks.Gone();
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return Pages.Show<ConfirmEmailPage>(new ConfirmEmailPage.View(token));
    }

    private static async Task<IResult> Confirm(string token, HttpContext context, Db db, MailLinks links)
    {
        await Handle(token, db, links, context.RequestAborted);
        context.Flashes("Your address is changed.");
        return Pages.SeeOther(context.Viewer() is null ? "/sign-in" : "/account");
    }
}
