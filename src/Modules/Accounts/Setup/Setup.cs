using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;
using Stipend.Platform.Security;

namespace Stipend.Accounts.Setup;

/// <summary>
/// The first start: whoever holds the link printed in the terminal becomes the operator, so that the first visitor does not become one by
/// luck.
/// The link works once and only while there is no operator; each start without one prints a new link and the older ones stop working.
/// </summary>
internal static class Setup
{
    private const string TokenSetting = "accounts.setup_token", NameSetting = "site.name";

    internal sealed record Request(string Token, string Name, string Email, string Password, string SiteName, string Device);

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/setup/{token}", Show).AllowAnyone();
        app.MapPost("/setup/{token}", Post).AllowAnyone();
    }

    internal static async Task<Admission> Handle(Request request, Db db, Clock clock, PersonalData data, Passwords passwords,
        IPeople people, Entrance entrance,
        SiteOptions site, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await RequireOpen(request.Token, db, ct);
        if (await db.Execute("DELETE FROM setting WHERE name = @name AND value = @hash", ct, ("name", TokenSetting),
            ("hash", Stored(request.Token))) == 0)
            throw Refusal.NotFound("page");
        var index = data.Index(request.Email);
        var operatorId = await db.PersonalData.Where(d => d.EmailIndex == index).Select(d => (long?)d.PersonId).SingleOrDefaultAsync(ct);
        if (operatorId is { } known) await Promote(known, request, db, clock, passwords, ct);
        else operatorId = await people.Add(new NewAccount(request.Email, request.Name, request.Password, IsOperator: true), ct);
        await db.SaveSetting(NameSetting, request.SiteName, ct);
        var admission = await entrance.Admit(operatorId.Value, request.Device, "/", ct);
        db.AfterCommit(() => site.Name = request.SiteName);
        await transaction.Commit(ct);
        return admission;
    }

    /// <summary>An address that is known already, from an import before the setup: its person becomes the operator.</summary>
    private static async Task Promote(long id, Request request, Db db, Clock clock, Passwords passwords, CancellationToken ct)
    {
        var person = await db.People.SingleAsync(p => p.Id == id, ct);
        (person.Name, person.IsOperator, person.ConfirmedAt, person.Version) = (Person.CleanName(request.Name), true, person.ConfirmedAt
            ?? clock.Now(), person.Version + 1);
        var credential = await db.Credentials.SingleOrDefaultAsync(c => c.PersonId == id, ct)
            ?? db.Credentials.Add(new Credential { PersonId = id }).Entity;
        (credential.PasswordHash, credential.PasswordChangedAt) = (passwords.Hash(request.Password), clock.Now());
    }

    private static async Task RequireOpen(string token, Db db, CancellationToken ct)
    {
        if (await db.Setting(TokenSetting, ct) is not { } hash || hash != Stored(token) || await db.People.AnyAsync(p => p.IsOperator, ct))
            throw Refusal.NotFound("page");
    }

    private static string Stored(string token) => Convert.ToHexStringLower(Secret.Hash(token));

    private static async Task<IResult> Show(string token, Db db, SiteOptions site, CancellationToken ct)
    {
        await RequireOpen(token, db, ct);
        return Pages.Show<SetupPage>(new SetupPage.View(token, FormState.With(("site", site.Name))));
    }

    private static async Task<IResult> Post(string token, HttpContext context, Db db, Clock clock, PersonalData data, Passwords passwords,
        IPeople people, Entrance entrance, SiteOptions site)
    {
        await RequireOpen(token, db, context.RequestAborted);
        return await FormInput.Submit(context, async input =>
        {
            var (email, name, siteName) = (input.Email(), input.PersonName(), input.Required("site", 60));
            var password = input.NewPassword(email, name, required: true);
            input.Check();
            var request = new Request(token, name, email, password!, Person.CleanName(siteName), context.Device());
            return (await Handle(request, db, clock, data, passwords, people, entrance, site, context.RequestAborted)).Answer(context);
        }, form => Task.FromResult(Pages.Show<SetupPage>(new SetupPage.View(token, form))));
    }

    /// <summary>The site's name as the operator set it.</summary>
    internal sealed class LoadName(Db db, SiteOptions site) : IAtStart
    {
        public async Task Start(CancellationToken ct) => site.Name = await db.Setting(NameSetting, ct) ?? site.Name;
    }

    /// <summary>Prints the setup link while there is no operator.</summary>
    internal sealed class Greeting(Microsoft.Extensions.DependencyInjection.IServiceScopeFactory scopes, SiteOptions site) : IGreeting
    {
        public async Task Greet(TextWriter output, CancellationToken ct)
        {
            await using var scope = Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.CreateAsyncScope(scopes);
            var db = Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<Db>(scope.ServiceProvider);
            if (await db.People.AnyAsync(p => p.IsOperator, ct)) return;
            var token = Secret.Make();
            await db.SaveSetting(TokenSetting, Stored(token), ct);
            await output.WriteLineAsync($"Set up your site: {site.Link("/setup/" + token)}");
        }
    }
}
