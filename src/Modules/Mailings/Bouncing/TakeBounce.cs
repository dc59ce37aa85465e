using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using MimeKit;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;

namespace Stipend.Mailings.Bouncing;

/// <summary>
/// Takes a mail that came back, as the site's mail system hands it over, and reads the report in it (RFC 3464). One that says that the address is none marks
/// that as a refusal at the door would; any other is heard and changes nothing.
/// </summary>
internal static class TakeBounce
{
    private const int Largest = 5 * 1024 * 1024;

    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/mail/bounces", Handle).AllowAnyone()
        .WithMetadata(new RequestSizeLimitAttribute(Largest));

    private static async Task<IResult> Handle(HttpContext http, ReturnPaths paths, Bounces bounces, IPeople people, CancellationToken ct)
    {
        if (!paths.IsOn) throw Refusal.NotFound("page");
        if (!paths.IsSecret(http.Request.Headers.Authorization.ToString()))
            throw new Refusal(401, "bounce_secret", "Send the site's bounce secret as “Authorization: Bearer …”.");
        using var report = await Read(http, ct);
        if (DeadAddress(report) is { } words && paths.Whose(report) is var (person, path)
            && await people.Find(person, ct) is { IsClosed: false, Email: { } address } && paths.Fits(path, person, address))
            await bounces.Note(person, address, words, ct);
        return Results.NoContent(); // whatever it said: it is not to be handed over again
    }

    private static async Task<MimeMessage> Read(HttpContext http, CancellationToken ct)
    {
        try
        {
            return await MimeMessage.LoadAsync(http.Request.Body, ct);
        }
        catch (FormatException)
        {
            throw Refusal.Invalid("not_a_mail", "This is no mail. Send the returned mail as it came, headers first.");
        }
    }

    /// <summary>The words of the first recipient the report says is none; null when it says no such thing.</summary>
    private static string? DeadAddress(MimeMessage report) => report.BodyParts.OfType<MessageDeliveryStatus>().SelectMany(s => s.StatusGroups)
        .Where(g => string.Equals(g["Action"]?.Trim(), "failed", StringComparison.OrdinalIgnoreCase)
            && EnhancedStatus.IsNoAddress(g["Status"] ?? "") == true)
        .Select(g => MailText.OneLine(g["Diagnostic-Code"] ?? g["Status"] ?? "", 300)).FirstOrDefault();
}
