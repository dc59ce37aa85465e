using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Accounts.Model;

/// <summary>What a proven person gets: a session, or a ticket to the second step.</summary>
internal sealed record Admission(string? SessionToken, string? Ticket, string ReturnTo)
{
    /// <summary>Sets the cookie and answers where to go on.</summary>
    public string Apply(HttpContext context)
    {
        if (SessionToken is null)
        {
            context.SetCookie(Entrance.TicketCookie, Ticket!, TimeSpan.FromMinutes(10));
            return "/sign-in/code";
        }
        context.KeepSession(SessionToken);
        context.Response.Cookies.Delete(Entrance.TicketCookie);
        return ReturnTo;
    }

    public IResult Answer(HttpContext context) => Pages.SeeOther(Apply(context));
}

/// <summary>Who has taken the first step and is asked for a code.</summary>
internal sealed record Ticket(long PersonId, string ReturnTo, long ExpiresAt);

/// <summary>Lets a person in who has proven to be themselves; who has an authenticator is asked for its code after a password or a mailed
/// link.</summary>
internal sealed class Entrance(Db db, Sessions sessions, Clock clock, IDataProtectionProvider protection)
{
    public const string TicketCookie = "stipend_step";

    private readonly IDataProtector _tickets = protection.CreateProtector("stipend.accounts.second_step");

    /// <summary>After a password or a mailed link, in the current transaction or its own.</summary>
    public async Task<Admission> Admit(long personId, string device, string returnTo, CancellationToken ct)
    {
        if (!await db.Credentials.AnyAsync(c =>
            c.PersonId == personId && c.TotpConfirmedAt != null, ct)) return await AdmitProven(personId, device, returnTo, ct);
        var ticket = new Ticket(personId, Pages.Local(returnTo), (clock.Now() + Duration.FromMinutes(10)).ToUnixTimeMilliseconds());
        return new Admission(null, _tickets.Protect(JsonSerializer.Serialize(ticket)), ticket.ReturnTo);
    }

    /// <summary>After the second step, or a passkey that verified its user: starts the session.</summary>
    public async Task<Admission> AdmitProven(long personId, string device, string returnTo, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await sessions.Sweep(ct);
        var token = sessions.Start(personId, device);
        await transaction.Commit(ct);
        return new Admission(token, null, Pages.Local(returnTo));
    }

    /// <summary>The ticket a browser brings, if it is ours and not too old.</summary>
    public Ticket? Open(HttpContext context)
    {
        if (context.Request.Cookies[TicketCookie] is not { Length: > 0 and < 4000 } kept) return null;
        try
        {
            var ticket = JsonSerializer.Deserialize<Ticket>(_tickets.Unprotect(kept))!;
            return ticket.ExpiresAt > clock.Now().ToUnixTimeMilliseconds() ? ticket : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
