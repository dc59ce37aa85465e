using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using MimeKit;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Http;

namespace Stipend.Mailings.Bouncing;

/// <summary>
/// Takes a mail that came back, as the site's mail system hands it over, and reads the report in it (RFC 3464). One that says that the address is none marks
/// that as a refusal at the door would; any other is heard and changes nothing.
/// </summary>
internal static class TakeBounce
{
    private const int Largest = 10 * 1024 * 1024;

    /// <summary>So much of it is kept and read: the report stands before the letter it is about.</summary>
    private const int MostRead = 256 * 1024;

    private static readonly ParserOptions s_shallow = new() { MaxMimeDepth = 8 };

    /// <summary>A small mail can be a great many parts: never two such in memory at once.</summary>
    private static readonly SemaphoreSlim s_one = new(1);

    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/mail/bounces", Handle).AllowAnyone()
        .WithMetadata(new RequestSizeLimitAttribute(Largest));

    private static async Task<IResult> Handle(HttpContext http, ReturnPaths paths, Bounces bounces, IPeople people, CancellationToken ct)
    {
        if (!paths.IsOn) throw Refusal.NotFound("page");
        if (!paths.IsSecret(http.Request.Headers.Authorization.ToString()))
            throw new Refusal(401, "bounce_secret", "Send the site's bounce secret as “Authorization: Bearer …”.");
        var mail = await Read(http.Request.Body, ct);
        await s_one.WaitAsync(ct);
        try
        {
            await Hear(mail, paths, bounces, people, ct);
        }
        catch (FormatException)
        {
            throw Refusal.Invalid("not_a_mail", "This is no mail. Send the returned mail as it came, headers first.");
        }
        finally
        {
            s_one.Release();
        }
        return Results.NoContent(); // whatever it said: it is not to be handed over again
    }

    private static async Task<byte[]> Read(Stream body, CancellationToken ct)
    {
        var mail = new byte[MostRead];
        var read = await body.ReadAtLeastAsync(mail, MostRead, throwOnEndOfStream: false, ct);
        await body.CopyToAsync(Stream.Null, ct); // were it refused, the mail system would bring it again for days
        // Postfix puts a line of its own before the head when it hands a mail to a command.
        var start = mail.AsSpan().StartsWith("From "u8) ? Array.IndexOf(mail, (byte)'\n') + 1 : 0;
        return mail[start..read];
    }

    private static async Task Hear(byte[] mail, ReturnPaths paths, Bounces bounces, IPeople people, CancellationToken ct)
    {
        // The head alone first: what came to none of our return paths is not taken apart.
        using var head = new MemoryStream(mail);
        if (paths.Whose(await HeaderList.LoadAsync(s_shallow, head, ct)) is not (var person, var path)
            || await people.Find(person, ct) is not { IsClosed: false, Email: { } address } || !paths.Fits(path, person, address)) return;
        using var whole = new MemoryStream(mail);
        using var report = await MimeMessage.LoadAsync(s_shallow, whole, ct);
        if (DeliveryReport.DeadAddress(report, address) is not { } words) return;
        await bounces.Note(person, address, words, ct);
        // Closed meanwhile, and everything about them forgotten: this too.
        if (await people.Find(person, ct) is not { IsClosed: false }) await bounces.Clear(person, ct);
    }
}
