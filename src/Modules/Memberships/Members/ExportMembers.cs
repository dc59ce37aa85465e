using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Memberships.Members;

/// <summary>The audience as CSV, streamed in chunks; cells a spreadsheet would run as a formula are made text.</summary>
internal static class ExportMembers
{
    private const int Chunk = 1_000;

    internal static async Task<IResult> Get(string vanity, HttpContext http, Db db, ICampaigns campaigns, IPeople people,
        CancellationToken ct)
    {
        var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");
        var filter = Audience.Filter.Of(http.Request);
        var tiers = (await campaigns.Tiers(campaign.Id, ct)).ToDictionary(t => t.Id, t => t.Name);
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{campaign.Vanity}-members-{Columns.Of(filter.Status)}.csv\"";
        return Results.Stream(stream => Write(stream, db, campaign, filter, tiers, people, ct), "text/csv; charset=utf-8");
    }

    private static async Task Write(
        Stream stream, Db db, CampaignInfo campaign, Audience.Filter filter, Dictionary<long, string> tiers, IPeople people,
        CancellationToken ct)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), leaveOpen: true);
        await writer.WriteAsync("Name,Email,Status,Tier,Amount,Currency,Member since,Ends,Lifetime elsewhere,Source\r\n");
        for (long? before = null; ;)
        {
            var from = before;
            var rows = await Audience.Query(db, campaign, filter).Where(m => from == null || m.Id < from).Take(Chunk).ToListAsync(ct);
            var who = await people.FindMany(rows.ConvertAll(m => m.PersonId), ct);
            foreach (var m in rows)
            {
                var person = who.GetValueOrDefault(m.PersonId);
                if (filter.Name.Length > 0
                    && person?.Name.Contains(filter.Name, StringComparison.CurrentCultureIgnoreCase) != true) continue;
                await writer.WriteAsync(string.Join(',', Cell(person?.Name), Cell(person?.Email), Columns.Of(m.Status),
                    Cell(m.TierId is { } tier ? tiers.GetValueOrDefault(tier) : null), new Money(m.AmountMinor, campaign.Currency)
                    .Amount(), campaign.CurrencyCode,
                    Day(m.StartedAt), Day(m.EndsAt ?? m.EndedAt), new Money(m.LifetimeElsewhereMinor, campaign.Currency)
                    .Amount(), Cell(m.SourceRef)));
                await writer.WriteAsync("\r\n");
            }
            await writer.FlushAsync(ct);
            if (rows.Count < Chunk) return;
            before = rows[^1].Id;
        }

        string Day(Instant? at) => at is { } instant ? Columns.Iso(instant.InZone(campaign.Zone).Date) : "";
    }

    /// <summary>A cell as text: quoted where CSV needs it; a leading = + - @ (tab, return) gets an apostrophe, so that no spreadsheet runs
    /// it.</summary>
    internal static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        var safe = text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + text : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"")}\"";
    }
}
