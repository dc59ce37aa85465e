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
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/account/sessions", Show).RequireSignIn();
        app.MapPost("/account/sessions/{id:long}/end", End).RequireSignIn();
        app.MapPost("/account/sessions/end-all", EndAll).RequireSignIn();
    }

    private static async Task<IResult> Show(HttpContext context, Db db, SessionUse use, Clock clock)
    {
        var (session, ct) = (context.RequireSession(), context.RequestAborted);
        await use.Write(ct);
        var now = clock.Now();
        var rows = await db.Sessions.AsNoTracking().Where(s => s.PersonId == session.PersonId && s.ExpiresAt > now)
            .OrderByDescending(s => s.LastUsedAt).Take(200)
            .Select(s => new SessionsPage.Row(s.Id, s.Device, s.CreatedAt, s.LastUsedAt, s.Id == session.Id)).ToListAsync(ct);
        return Pages.Show<SessionsPage>(new SessionsPage.View(rows));
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
