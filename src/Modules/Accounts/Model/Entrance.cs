using Microsoft.AspNetCore.Http;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Accounts.Model;

/// <summary>What a proven person gets: a session.</summary>
internal sealed record Admission(string SessionToken, string ReturnTo)
{
    /// <summary>Sets the cookie and goes on. Whatever session the browser had before stays behind.</summary>
    public IResult Answer(HttpContext context)
    {
        context.KeepSession(SessionToken);
        return Pages.SeeOther(ReturnTo);
    }
}

/// <summary>Lets a person in who has proven to be themselves.</summary>
internal sealed class Entrance(Db db, Sessions sessions)
{
    /// <summary>Starts a session for a person, in the current transaction or its own.</summary>
    /// <param name="personId">Who.</param>
    /// <param name="device">The browser, as shown on the sessions page.</param>
    /// <param name="returnTo">Where to go on.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Admission> Admit(long personId, string device, string returnTo, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await sessions.Sweep(ct);
        var token = sessions.Start(personId, device);
        await transaction.Commit(ct);
        return new Admission(token, Pages.Local(returnTo));
    }
}
