using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.Apps.Own;

/// <summary>A person's access tokens: make one and see it this once, see when each was last used, take it back.</summary>
internal static class TokenPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/account/tokens", (HttpContext http, Db db, CancellationToken ct) => Draw(http, FormState.Empty, null, db, ct)).RequireSignIn();
        app.MapPost("/account/tokens", Make).RequireSignIn();
        app.MapPost("/account/tokens/{id:long}/remove", Remove).RequireSignIn();
    }

    private static async Task<IResult> Draw(HttpContext http, FormState form, TokensPage.Made? made, Db db, CancellationToken ct)
    {
        var me = http.RequireViewer().Id;
        var rows = await db.AccessTokens.AsNoTracking().Where(t => t.PersonId == me).OrderBy(t => t.Id)
            .Select(t => new TokensPage.Row(t.Id, t.Name, t.Scope, t.CreatedAt, t.ExpiresAt, t.LastUsedAt)).ToListAsync(ct);
        http.Response.Headers.CacheControl = "no-store";
        return Pages.Show<TokensPage>(new TokensPage.View(rows, OwnScopes.All.Select(s => new Option(s.Scope, s.Scope, s.Words)).ToList(), made, form),
            form.HasErrors ? 422 : 200);
    }

    private static Task<IResult> Make(HttpContext http, AccessTokens tokens, Db db, CancellationToken ct) => FormInput.Submit(http, async input =>
    {
        var (name, days) = (input.Required("name", 80), input.Integer("days", 1, 3650));
        var scopes = OwnScopes.All.Select(s => s.Scope).Where(input.All("scopes").Contains).ToList();
        if (scopes.Count == 0) input.Wrong("scopes", "Choose at least one.");
        input.Check();
        var text = await tokens.Make(http.RequireViewer().Id, name, scopes, days, ct);
        return await Draw(http, FormState.Empty, new TokensPage.Made(name, text), db, ct);
    }, state => Draw(http, state, null, db, ct));

    private static async Task<IResult> Remove(long id, HttpContext http, AccessTokens tokens, CancellationToken ct)
    {
        await tokens.Remove(http.RequireViewer().Id, id, ct);
        http.Flashes("Removed.");
        return Pages.SeeOther("/account/tokens");
    }
}
