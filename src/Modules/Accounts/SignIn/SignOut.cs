using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Accounts.Model;
using Stipend.Platform.Http;

namespace Stipend.Accounts.SignIn;

/// <summary>Ends the session of this browser, in the database as well as in the cookie.</summary>
internal static class SignOut
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/sign-out", Post).AllowAnyone();

    /// <summary>Ends the session a browser had before it gets another.</summary>
    internal static async Task LeaveOld(HttpContext context, Sessions sessions)
    {
        if (context.CurrentSession() is { } old) await sessions.End(old.PersonId, old.Id, context.RequestAborted);
    }

    private static async Task<IResult> Post(HttpContext context, Sessions sessions)
    {
        await LeaveOld(context, sessions);
        context.DropSession();
        return Pages.SeeOther("/");
    }
}
