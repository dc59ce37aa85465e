using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Http;

namespace Stipend.Platform.Mail;

/// <summary>
/// The mailbox on screen, mapped only while no mail server is configured. Mails hold sign-in links, so whoever reads them can be anybody:
/// the operator may, and in development whoever sits at this machine. For all others the pages do not exist.
/// </summary>
internal static class MailboxPages
{
    private const int PageSize = 100;

    public static void Map(IEndpointRouteBuilder app)
    {
        if (app.ServiceProvider.GetRequiredService<MailOptions>().IsConfigured) return;
        app.MapGet("/dev/mailbox", ShowList).AllowAnyone();
        app.MapGet("/dev/mailbox/{id:long}", ShowMail).AllowAnyone();
        app.MapGet("/dev/mailbox/{id:long}/html", ShowHtml).AllowAnyone();
    }

    /// <summary>
    /// The operator, or in development a request from this machine, to this machine by name (so that a site opened in the same browser
    /// cannot point its own name here), and not passed on by a proxy.
    /// </summary>
    internal static bool MayRead(HttpContext context, SiteOptions site)
    {
        if (context.Viewer() is { IsOperator: true }) return true;
        return site.IsDevelopment
            && context.Connection.RemoteIpAddress is { } from && IPAddress.IsLoopback(from)
            && IsThisMachine(context.Request.Host.Host)
            && !context.Request.Headers.ContainsKey("X-Forwarded-For") && !context.Request.Headers.ContainsKey("Forwarded");
    }

    private static async Task<IResult> ShowList(long? before, HttpContext context, SiteOptions site, Mailbox mailbox, CancellationToken ct)
    {
        Check(context, site);
        var mails = await mailbox.List(limit: PageSize + 1, before: before ?? long.MaxValue, ct: ct);
        return Pages.Show<MailboxPage>(new MailboxPage.View(mails.Take(PageSize).ToList(), mails.Count > PageSize ? mails[PageSize - 1].Id : null,
            before is null));
    }

    private static async Task<IResult> ShowMail(long id, HttpContext context, SiteOptions site, Mailbox mailbox, CancellationToken ct)
    {
        Check(context, site);
        return Pages.Show<MailPage>(new MailPage.View(await mailbox.Find(id, ct) ?? throw Refusal.NotFound("mail")));
    }

    private static async Task<IResult> ShowHtml(long id, HttpContext context, SiteOptions site, Mailbox mailbox, CancellationToken ct)
    {
        Check(context, site);
        var mail = await mailbox.Find(id, ct) ?? throw Refusal.NotFound("mail");
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-top-navigation allow-popups";
        return Results.Content(mail.Html, "text/html; charset=utf-8");
    }

    private static void Check(HttpContext context, SiteOptions site)
    {
        if (!MayRead(context, site)) throw Refusal.NotFound("page");
        context.Response.Headers.CacheControl = "no-store";
    }

    private static bool IsThisMachine(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    /// <summary>A mail's time as the pages show it.</summary>
    internal static string Time(Instant at) =>
        NodaTime.Text.InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm:ss 'UTC'").Format(at);
}
