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
using Stipend.Platform.Security;

namespace Stipend.Accounts.SignIn;

/// <summary>
/// Signing in by a link in a mail: asking for one, opening it, using it. Opening shows a button and uses nothing up, since programs open
/// links in mails; in another browser than the one that asked, the page says so before the button.
/// </summary>
internal static class MailedLink
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/sign-in/link", Ask).AllowAnyone();
        app.MapGet("/sign-in/sent", (MailOptions mail, SiteOptions site) =>
            Pages.Show<LinkSentPage>(new LinkSentPage.View(site.IsDevelopment && !mail.IsConfigured))).AllowAnyone();
        app.MapGet("/sign-in/link/{token}", Show).AllowAnyone();
        app.MapPost("/sign-in/link/{token}", Use).AllowAnyone();
    }

    internal static async Task Send(string email, string returnTo, string browser, Db db, PersonalData data, MailLinks links,
        SiteOptions site, CancellationToken ct)
    {
        var index = data.Index(email);
        await using var transaction = await db.BeginWrite(ct);
        var personId = await db.PersonalData.Where(d => d.EmailIndex == index).Select(d => (long?)d.PersonId).SingleOrDefaultAsync(ct);
        links.Send(new MailLinks.Order(personId ?? MailLinks.Nobody, LinkPurpose.SignIn, browser, returnTo), $"Sign in to {site.Name}", """
            Open this link to sign in. It works once, for 20 minutes.

            {link}

            If you did not ask for it, ignore this mail; nobody gets in without the link.
            """);
        await transaction.Commit(ct);
    }

    /// <summary>Uses a link up: confirms the address if that is open, and lets the person in.</summary>
    internal static async Task<Admission> Handle(string token, string? browser, string device, Db db, Clock clock, MailLinks links,
        Entrance entrance, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var link = await links.Take(token, ct);
        if (link.Purpose == LinkPurpose.NewAddress) throw MailLinks.Gone();
        var person = await db.People.SingleOrDefaultAsync(p => p.Id == link.PersonId && p.ClosedAt == null, ct) ?? throw MailLinks.Gone();
        if (person.ConfirmedAt is null)
        {
            person.ConfirmedAt = clock.Now();
            person.Version++;
            if (link.Purpose == LinkPurpose.SignUp && IsFrom(link, browser)) Take(link, person, db, clock);
        }
        var admission = await entrance.Admit(person.Id, device, link.ReturnTo, ct);
        await transaction.Commit(ct);
        return admission;
    }

    private static bool IsFrom(MailLink link, string? browser) =>
        browser is not null && System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(link.BrowserHash, Secret.Hash(browser));

    private static void Take(MailLink link, Person person, Db db, Clock clock)
    {
        person.Name = link.Name ?? person.Name;
        if (link.PasswordHash is not null) db.Credentials.Add(new Credential { PersonId = person.Id, PasswordHash = link.PasswordHash,
            PasswordChangedAt = clock.Now() });
    }

    private static Task<IResult> Ask(HttpContext context, Db db, PersonalData data, MailLinks links, SiteOptions site, Throttle throttle,
        IOptions<AccountsOptions> options) =>
        FormInput.Submit(context, async input =>
        {
            var email = input.Email();
            input.Check();
            throttle.Count("mail:" + context.NetworkAddress(), options.Value.MailsPerAddress, Duration.FromHours(1));
            throttle.Count("mail:" + data.Index(email), options.Value.MailsPerPerson, Duration.FromHours(1));
            await Send(email, Pages.Local(input.Raw("return")), context.BrowserName(), db, data, links, site, context.RequestAborted);
            return Pages.SeeOther("/sign-in/sent");
        }, form => Task.FromResult(Pages.Show<SignInPage>(new SignInPage.View(Pages.Local(form.Value("return")), form))));

    private static async Task<IResult> Show(string token, HttpContext context, MailLinks links)
    {
        var link = await links.Look(token, context.RequestAborted);
        if (link is null || link.PersonId == MailLinks.Nobody || link.Purpose == LinkPurpose.NewAddress) throw MailLinks.Gone();
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return Pages.Show<LinkPage>(new LinkPage.View(token, link.Purpose == LinkPurpose.SignUp, IsFrom(link, context.KeptBrowserName())));
    }

    private static async Task<IResult> Use(string token, HttpContext context, Db db, Clock clock, MailLinks links, Entrance entrance,
        Sessions sessions)
    {
        var admission = await Handle(token, context.KeptBrowserName(), context.Device(), db, clock, links, entrance,
            context.RequestAborted);
        await SignOut.LeaveOld(context, sessions);
        return admission.Answer(context);
    }
}
