using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.Accounts.SessionList;

/// <summary>Where a person is signed in, and ending one or all of it.</summary>
internal static class SessionPages
{
    private const int PageSize = 50;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/account/sessions", Show).RequireSignIn();
        app.MapPost("/account/sessions/{id:long}/end", End).RequireSignIn();
        app.MapPost("/account/sessions/end-all", EndAll).RequireSignIn();
    }

    /// <summary>Last used first.</summary>
    private static async Task<IResult> Show(string? before, HttpContext context, Db db, SessionUse use, Clock clock)
    {
        var (session, ct) = (context.RequireSession(), context.RequestAborted);
        await use.Write(ct);
        var now = clock.Now();
        var from = PageKey.Parse(before, PageKey.Newest);
        var (at, id) = (from.Time, from.Id);
        var found = await db.Sessions.AsNoTracking()
            .Where(s => s.PersonId == session.PersonId && s.ExpiresAt > now && (s.LastUsedAt < at || (s.LastUsedAt == at && s.Id < id)))
            .OrderByDescending(s => s.LastUsedAt).ThenByDescending(s => s.Id).Take(PageSize + 1)
            .Select(s => new SessionsPage.Row(s.Id, s.Device, s.CreatedAt, s.LastUsedAt, s.Id == session.Id)).ToListAsync(ct);
        var (rows, next) = PageKey.Page(found, PageSize, s => PageKey.Of(s.LastUsedAt, s.Id));
        return Pages.Show<SessionsPage>(new SessionsPage.View(rows, next, from == PageKey.Newest));
    }

    private static async Task<IResult> End(long id, HttpContext context, Sessions sessions)
    {
        var session = context.RequireSession();
        if (!await sessions.End(session.PersonId, id, context.RequestAborted)) throw Refusal.NotFound("session");
        if (id == session.Id)
        {
            context.DropSession();
            return Pages.SeeOther("/");
        }
        context.Flashes("That browser was signed out.");
        return Pages.SeeOther("/account/sessions");
    }

    private static async Task<IResult> EndAll(HttpContext context, Sessions sessions)
    {
        await sessions.EndAll(context.RequireSession().PersonId, context.RequestAborted);
        context.DropSession();
        context.Flashes("You are signed out everywhere.");
        return Pages.SeeOther("/sign-in");
    }
}
