using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.TestGateway;

namespace Stipend.DevTools.Pages;

/// <summary>What helps to try a site out: which test cards there are and where mails that are not sent can be read.</summary>
internal static class DevPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/dev", (SiteOptions site, MailOptions mail) =>
            Platform.Http.Pages.Show<DevPage>(new DevPage.View(!mail.IsConfigured, site.IsDevelopment)))
            .AllowAnyone();
        app.MapGet("/dev/test-cards", () => Platform.Http.Pages.Show<TestCardsPage>(new TestCardsPage.View(
            TestCard.Named.Select(c => (c.Token, c.Meaning)).ToList(), TestCard.Dated.ToList()))).AllowAnyone();
    }
}
