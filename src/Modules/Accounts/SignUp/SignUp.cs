using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Stipend.Accounts.Contracts;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Security;

namespace Stipend.Accounts.SignUp;

/// <summary>
/// A visitor asks for an account. The answer is the same whether or not the address has one; the mail says which. The account is theirs
/// when they follow the link, and a password typed here is theirs only in the browser it was typed in: nobody can set one for another's
/// address.
/// </summary>
internal static class SignUp
{
    internal sealed record Request(string Email, string Name, string? Password, string ReturnTo, string Browser);

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/sign-up", Show).AllowAnyone();
        app.MapPost("/sign-up", Post).AllowAnyone();
    }

    internal static async Task Handle(Request request, Db db, Ids ids, Clock clock, PersonalData data, Passwords passwords,
        MailLinks links, SiteOptions site, CancellationToken ct)
    {
        var hash = passwords.Hash(request.Password ?? Secret.Make()); // always, so that time tells nothing
        await using var transaction = await db.BeginWrite(ct);
        var index = data.Index(request.Email);
        var known = await db.PersonalData.AsNoTracking().Where(d => d.EmailIndex == index)
            .Join(db.People, d => d.PersonId, p => p.Id, (d, p) => new { p.Id, p.ConfirmedAt }).SingleOrDefaultAsync(ct);
        var personId = known?.Id ?? ids.Next();
        if (known is null)
        {
            db.People.Add(new Person { Id = personId, Name = Person.CleanName(request.Name), CreatedAt = clock.Now() });
            db.PersonalData.Add(new PersonPii { PersonId = personId, EmailCipher = data.SealEmail(request.Email), EmailIndex = index });
        }
        var order = new MailLinks.Order(personId, LinkPurpose.SignUp, request.Browser, request.ReturnTo)
        {
            Name = Person.CleanName(request.Name), PasswordHash = request.Password is null ? null : hash,
        };
        if (known?.ConfirmedAt is null)
            links.Send(order, $"Confirm your address for {site.Name}", """
                Welcome. Open this link to confirm your address and go in. It works once, for 20 minutes.

                {link}

                If you did not sign up, ignore this mail; nothing happens without the link.
                """);
        else
            links.Send(order with { Purpose = LinkPurpose.SignIn, PasswordHash = null }, $"You have an account at {site.Name}", """
                Somebody, probably you, signed up with this address, which has an account already. Open this link to sign in. It works once, for 20 minutes.

                {link}

                If it was not you, ignore this mail; nothing happens without the link.
                """);
        await transaction.Commit(ct);
    }

    private static IResult Show(HttpContext context, string? @return, string? back) =>
        context.Viewer() is not null
            ? Pages.SeeOther(Pages.Local(@return ?? back))
            : Pages.Show<SignUpPage>(new SignUpPage.View(Pages.Local(@return ?? back), FormState.Empty));

    private static Task<IResult> Post(HttpContext context, Db db, Ids ids, Clock clock, PersonalData data, Passwords passwords,
        MailLinks links,
        SiteOptions site, Throttle throttle, IOptions<AccountsOptions> options) =>
        FormInput.Submit(context, async input =>
        {
            var (email, name) = (input.Email(), input.PersonName());
            var password = input.NewPassword(email, name, required: false);
            input.Check();
            throttle.Count("mail:" + context.NetworkAddress(), options.Value.MailsPerAddress, Duration.FromHours(1));
            throttle.Count("mail:" + data.Index(email), options.Value.MailsPerPerson, Duration.FromHours(1));
            var request = new Request(email, name, password, Pages.Local(input.Raw("return")), context.BrowserName());
            try
            {
                await Handle(request, db, ids, clock, data, passwords, links, site, context.RequestAborted);
            }
            catch (DbUpdateException error) when (error.IsDuplicate)
            {
                await Handle(request, db, ids, clock, data, passwords, links, site,
                    context.RequestAborted); // the same address in the same moment: now it is known
            }
            return Pages.SeeOther("/sign-in/sent");
        }, form => Task.FromResult(Pages.Show<SignUpPage>(new SignUpPage.View(Pages.Local(form.Value("return")), form))));
}
