using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Security;
using Stipend.Platform.Time;

namespace Stipend.Apps.Clients;

/// <summary>A creator's apps: register one, see its secret and tokens once, change, renew, remove it.</summary>
internal static partial class AppPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/apps", (string vanity, HttpContext http, Services s, CancellationToken ct) =>
            Draw(vanity, http, FormState.Empty, null, s, ct)).RequireSignIn();
        app.MapPost("/{vanity}/apps", Register).RequireSignIn();
        app.MapGet("/{vanity}/apps/{id:long}", (string vanity, long id, HttpContext http, Services s, CancellationToken ct) =>
            DrawOne(vanity, id, http, FormState.Empty, s, ct)).RequireSignIn();
        app.MapPost("/{vanity}/apps/{id:long}", Change).RequireSignIn();
        app.MapPost("/{vanity}/apps/{id:long}/secret", NewSecret).RequireSignIn();
        app.MapPost("/{vanity}/apps/{id:long}/tokens", NewTokens).RequireSignIn();
        app.MapPost("/{vanity}/apps/{id:long}/remove", Remove).RequireSignIn();
    }

    internal sealed record Services(Db Db, ICampaigns Campaigns, Books Books, Tokens Tokens, AppRegistry Registry);

    private static async Task<IResult> Draw(string vanity, HttpContext http, FormState form, AppsPage.Shown? shown, Services s,
        CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, s, ct);
        var apps = await s.Db.Clients.AsNoTracking().Where(c => c.CampaignId == campaign.Id && c.OwnerId == campaign.OwnerId).OrderBy(c => c.Id)
            .Select(c => new AppsPage.Row(c.Id, c.Name, c.ApiVersion, c.CreatedAt)).ToListAsync(ct);
        return Pages.Show<AppsPage>(new AppsPage.View(campaign, apps, shown, form, await s.Books.Now(campaign.BookId, ct)),
            form.HasErrors ? 422 : 200);
    }

    private static Task<IResult> Register(string vanity, HttpContext http, Services s, CancellationToken ct) =>
        FormInput.Submit(http, async input =>
        {
            var campaign = await Owned(vanity, http, s, ct);
            var (name, description, redirects) = Fields(input);
            var version = input.Raw("api_version") == "1" ? 1 : 2;
            input.Check();
            var told = new OauthClient { Name = name, Description = description, RedirectUris = redirects, ApiVersion = version };
            var made = await s.Registry.Add(campaign, told, ct);
            return await Draw(vanity, http, FormState.Empty, new AppsPage.Shown(name, made.Client.PublicId, made.Secret, made.Tokens.Access,
                made.Tokens.Refresh), s, ct);
        }, state => Draw(vanity, http, state, null, s, ct));

    private static async Task<IResult> DrawOne(string vanity, long id, HttpContext http, FormState form, Services s, CancellationToken ct)
    {
        var (campaign, client) = await Find(vanity, id, http, s, ct);
        return Pages.Show<AppPage>(new AppPage.View(campaign, client.Id, client.Name, client.Description,
            client.RedirectUris.Replace(' ', '\n'), client.PublicId, form, await s.Books.Now(campaign.BookId, ct)), form.HasErrors ? 422 : 200);
    }

    private static Task<IResult> Change(string vanity, long id, HttpContext http, Services s, CancellationToken ct) =>
        FormInput.Submit(http, async input =>
        {
            var (_, client) = await Find(vanity, id, http, s, ct);
            (client.Name, client.Description, client.RedirectUris) = Fields(input);
            input.Check();
            await s.Db.SaveChangesAsync(ct);
            return Pages.SeeOther($"/{vanity}/apps");
        }, state => DrawOne(vanity, id, http, state, s, ct));

    private static async Task<IResult> NewSecret(string vanity, long id, HttpContext http, Services s, CancellationToken ct)
    {
        var (_, client) = await Find(vanity, id, http, s, ct);
        var secret = Secret.Make(48);
        client.SecretHash = Secret.Hash(secret);
        await s.Db.SaveChangesAsync(ct);
        return await Draw(vanity, http, FormState.Empty, new AppsPage.Shown(client.Name, client.PublicId, secret, null, null), s, ct);
    }

    private static async Task<IResult> NewTokens(string vanity, long id, HttpContext http, Services s, CancellationToken ct)
    {
        var (_, client) = await Find(vanity, id, http, s, ct);
        var tokens = await s.Tokens.IssueToCreator(client, ct);
        return await Draw(vanity, http, FormState.Empty, new AppsPage.Shown(client.Name, client.PublicId, null, tokens.Access,
            tokens.Refresh), s, ct);
    }

    private static async Task<IResult> Remove(string vanity, long id, HttpContext http, Services s, CancellationToken ct)
    {
        var (_, client) = await Find(vanity, id, http, s, ct);
        await s.Registry.Remove(client.Id, ct);
        return Pages.SeeOther($"/{vanity}/apps");
    }

    private static (string Name, string Description, string Redirects) Fields(FormInput input)
    {
        var (name, description) = (input.Required("name", 80), input.Text("description", 300));
        var redirects = input.Text("redirect_uris", 5000).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Distinct(StringComparer.Ordinal).ToList();
        if (redirects.Count is 0 or > 10) input.Wrong("redirect_uris", "One to ten addresses, each on a line of its own.");
        if (redirects.FirstOrDefault(r => !IsRedirect(r)) is { })
            input.Wrong("redirect_uris", "Each address begins with https:// (or http://localhost for trying out) and has no # part.");
        return (name, description, string.Join(' ', redirects));
    }

    /// <summary>An address codes may be sent to: encrypted, or on the person's own machine, which is to be read as such by everybody: not every
    /// program takes another spelling of it for the same.</summary>
    internal static bool IsRedirect(string text) => text.Length <= 500 && text.All(c => c is > ' ' and < '\x7F' and not '#')
        && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Host.Length > 0 && uri.UserInfo.Length == 0
        && (uri.Scheme == "https" || (uri.Scheme == "http" && uri.IsLoopback && OwnMachine().IsMatch(text)));

    [GeneratedRegex(@"^http://(localhost|127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}|\[::1\])(:[0-9]+)?([/?]|$)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OwnMachine();

    private static async Task<CampaignInfo> Owned(string vanity, HttpContext http, Services s, CancellationToken ct) =>
        await s.Campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");

    private static async Task<(CampaignInfo, OauthClient)> Find(string vanity, long id, HttpContext http, Services s, CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, s, ct);
        return (campaign, await s.Db.Clients.FirstOrDefaultAsync(c => c.Id == id && c.CampaignId == campaign.Id
            && c.OwnerId == campaign.OwnerId, ct) ?? throw Refusal.NotFound("app"));
    }
}
