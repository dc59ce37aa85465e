using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Http;

namespace Stipend.Accounts.Profile;

/// <summary>What is kept about a person, as one JSON file: this module's part and every other module's.</summary>
internal static class Export
{
    private static readonly JsonSerializerOptions s_json = new(Json.Options) { WriteIndented = true };

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/account/export", Get).RequireSignIn();

    private static async Task<IResult> Get(HttpContext context, Db db, PersonalData data, IEnumerable<IExportsPersonalData> others)
    {
        var (personId, ct) = (context.RequireSession().PersonId, context.RequestAborted);
        var person = await db.People.AsNoTracking().SingleAsync(p => p.Id == personId, ct);
        var kept = await db.PersonalData.Where(d => d.PersonId == personId).Select(d => new { d.EmailCipher, d.Language }).SingleAsync(ct);
        var sections = new Dictionary<string, object>
        {
            ["account"] = new { person.Id, person.Name, Email = data.OpenEmail(kept.EmailCipher), person.CreatedAt, person.ConfirmedAt,
                person.IsOperator, kept.Language },
            ["signed_in_browsers"] = await db.Sessions.AsNoTracking().Where(s => s.PersonId == personId)
                .Select(s => new { s.Device, s.CreatedAt, s.LastUsedAt }).ToListAsync(ct),
            ["passkeys"] = await db.Passkeys.AsNoTracking().Where(p => p.PersonId == personId)
                .Select(p => new { p.Name, p.CreatedAt, p.LastUsedAt }).ToListAsync(ct),
        };
        foreach (var other in others) sections[other.Section] = await other.Export(personId, ct);
        context.Response.Headers.CacheControl = "no-store";
        return Results.File(JsonSerializer.SerializeToUtf8Bytes(sections, s_json), "application/json", "my-data.json");
    }
}
