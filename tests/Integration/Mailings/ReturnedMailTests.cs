using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Posts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Mailings;

/// <summary>Mails that a server farther on took and sent back later.</summary>
public sealed class ReturnedMailTests
{
    [Theory, OnEveryEngine]
    public async Task A_report_that_an_address_is_none_marks_it_and_nothing_else_does(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        var (posts, app) = (stage.Posts, stage.App);
        var (kim, lin) = (await posts.Member("kim"), await posts.Member("lin"));
        await stage.Publishes("First", "Words", Audience.Members);
        var paths = stage.Sink.Mails.ToDictionary(m => m.To.Split('<', '@')[1], m => m.From[(m.From.IndexOf('<') + 1)..m.From.IndexOf('>')]);
        paths["kim"].ShouldStartWith("bounces+");
        paths["kim"].ShouldNotBe(paths["lin"]);
        stage.Sink.Mails.ShouldAllBe(m => m.Header("From")!.Contains("<post@example.net>") && m.Header("Sender") == null);

        var last = paths["kim"].IndexOf('@') - 1; // a letter of the seal is another
        var forged = paths["kim"][..last] + (paths["kim"][last] == '0' ? '1' : '0') + paths["kim"][(last + 1)..];
        foreach (var (report, why) in new[]
        {
            (Report(paths["kim"], "failed", "5.2.2"), "a full mailbox"), (Report(paths["kim"], "delayed", "5.1.1"), "not given up yet"),
            (Report(paths["kim"], "failed", "4.1.1"), "not for good"), (Report(paths["kim"], "failed", "5.1.8"), "of the sender"),
            (Report(forged, "failed", "5.1.1"), "made up"), (Report("bounces@example.net", "failed", "5.1.1"), "nobody's"),
            (Report(paths["kim"].Replace("bounces+", "bounces+0"), "failed", "5.1.1"), "another number of the same person"),
            (Report(paths["kim"].Replace(Hex(kim.Id), Hex(lin.Id)), "failed", "5.1.1"), "another's proof"),
            (Report(paths["kim"], "failed", "5.1.1", recipient: "rfc822; lin@example.org"), "about another address"),
            (Report(paths["kim"], "failed", "5.1.1", recipient: "x400; kim@example.org"), "no mail address"),
            (Report(paths["kim"], "failed", "5.0.0", said: "5.7.1"), "refused for another reason"),
            ($"To: {paths["kim"]}\nSubject: Out of office\n\nBack on Monday.\n", "no report"), ("\n", "empty"),
        })
            (await Hands(stage, report)).ShouldBe(HttpStatusCode.NoContent, why);
        (await Hands(stage, Report(paths["kim"], "failed", "5.1.1"), "another secret, also long")).ShouldBe(HttpStatusCode.Unauthorized);
        (await kim.Open("/account")).Text.ShouldNotContain("Mails do not reach you");

        (await Hands(stage, Report(paths["kim"].ToUpperInvariant(), "Failed", "5.1.1"))).ShouldBe(HttpStatusCode.NoContent);
        (await kim.Open("/account")).Text.ShouldContain("no such mailbox");
        (await lin.Open("/account")).Text.ShouldNotContain("Mails do not reach you");
        await stage.Publishes("Second", "Words", Audience.Members);
        stage.MailedTo("Second").ShouldBe("lin");
        await kim.Post("/account/mail/works");
        (await Hands(stage, Report("somebody@example.net", "failed", "5.1.1", $"delivered-to: {paths["kim"]}\n"))).ShouldBe(HttpStatusCode.NoContent);
        (await kim.Open("/account")).Text.ShouldContain("no such mailbox");

        // As Exim says it, in a mail with the whole letter at its end, as Postfix hands it to a command.
        await kim.Post("/account/mail/works");
        var whole = Report(paths["kim"], "failed", "5.0.0", "From MAILER-DAEMON Mon Nov  2 10:00:00 2026\n", "rfc822;Kim@Example.org", "5.1.1")
            + string.Concat(Enumerable.Repeat("A long letter\r\n", 30_000));
        (await Hands(stage, whole)).ShouldBe(HttpStatusCode.NoContent);
        (await kim.Open("/account")).Text.ShouldContain("no such mailbox");
    }

    [Fact]
    public async Task Without_the_settings_nothing_is_taken_and_mails_come_back_to_the_site()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mail/bounces") { Content = new StringContent("To: x\n\n") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "");
        (await stage.App.Visitor().Client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static string Hex(long id) => id.ToString("x", System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<HttpStatusCode> Hands(MailingStage stage, string report, string secret = MailingStage.BounceSecret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mail/bounces") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(report)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("message/rfc822");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return (await stage.App.Visitor().Client.SendAsync(request)).StatusCode;
    }

    private static string Report(string to, string action, string status, string headers = "", string recipient = "rfc822; kim@example.org",
        string? said = null) => headers + $"""
        From: MAILER-DAEMON@mx.example.org
        To: {to}
        Subject: Undelivered
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary=b

        --b
        Content-Type: text/plain

        It could not be delivered.
        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.org

        Final-Recipient: {recipient}
        Action: {action}
        Status: {status}
        Diagnostic-Code: smtp; 550-{said ?? status} no such mailbox

        --b--

        """.ReplaceLineEndings("\r\n");
}
