using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.Support;
using Xunit;

namespace Stipend.Compliance.Mail;

/// <summary>What every way out of the site promises about a mail.</summary>
public abstract class MailLineCompliance
{
    /// <summary>A line to try, and what has come out at its other end: subject, address, text, HTML.</summary>
    private protected abstract Task<(IMailLine Line, Func<Task<IReadOnlyList<(string Subject, string Address, string Raw)>>> Arrived)> Open();

    [Fact]
    public async Task A_mail_arrives_with_both_its_parts_and_one_after_another_over_one_line()
    {
        var (line, arrived) = await Open();
        await using (line)
        {
            (await line.Send(Mail(1, "Grüße"))).ShouldBe(new MailAnswer(MailFate.Taken));
            (await line.Send(Mail(2, "Again"))).Fate.ShouldBe(MailFate.Taken);
        }
        var mails = await arrived();
        mails.Select(m => m.Address).ShouldBe(["p1@example.org", "p2@example.org"], ignoreOrder: true);
        mails.ShouldAllBe(m => m.Raw.Contains("The plain words") && m.Raw.Contains("The drawn words"));
    }

    [Fact]
    public async Task A_subject_with_line_breaks_starts_no_header_and_a_long_text_stays_whole()
    {
        var (line, arrived) = await Open();
        await using (line)
            (await line.Send(Mail(1, MailText.OneLine("Hi\r\nBcc: all@example.org", 200)) with
            {
                Text = string.Join('\n', Enumerable.Range(0, 2_000).Select(i => $"Line {i} .")) + "\n.\nThe plain words\nLast",
            })).Fate.ShouldBe(MailFate.Taken);
        var mail = (await arrived()).ShouldHaveSingleItem();
        mail.Address.ShouldBe("p1@example.org");
        mail.Raw.ShouldContain("Line 1999 .");
        mail.Raw.ShouldContain("Last");
    }

    private protected static OutgoingMail Mail(long id, string subject) => new(id, id, "post", new MailAddressee("Lin Yü", $"p{id}@example.org"), subject,
        "The plain words", "<p>The drawn words</p>", Instant.FromUnixTimeSeconds(1)) { MessageName = $"post-9-{id}", FromName = "Ada makes" };
}

/// <summary>The mailbox behind /dev/mailbox.</summary>
public sealed class MailboxLineTests : MailLineCompliance, IAsyncLifetime
{
    private TestApp _app = null!;

    public async ValueTask InitializeAsync() => _app = await TestApp.Start(Engine.Sqlite);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private protected override Task<(IMailLine, Func<Task<IReadOnlyList<(string, string, string)>>>)> Open() =>
        Task.FromResult<(IMailLine, Func<Task<IReadOnlyList<(string, string, string)>>>)>((_app.Services.GetRequiredService<MailLines>().Open(Book.Live),
            async () => [.. (await _app.In(s => s.GetRequiredService<Mailbox>().List())).Select(m => (m.Subject, m.Address, m.Text + m.Html))]));
}

/// <summary>An SMTP server, and what only that can do: refuse, wait, hang up.</summary>
public sealed class SmtpLineTests : MailLineCompliance, IAsyncLifetime
{
    private readonly SmtpSink _sink = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _sink.DisposeAsync();

    private protected override Task<(IMailLine, Func<Task<IReadOnlyList<(string, string, string)>>>)> Open() =>
        Task.FromResult<(IMailLine, Func<Task<IReadOnlyList<(string, string, string)>>>)>((Line(),
            () => Task.FromResult<IReadOnlyList<(string, string, string)>>([.. _sink.Mails.Select(m =>
                (m.Header("Subject")!, m.To[(m.To.IndexOf('<') + 1)..m.To.IndexOf('>')], m.Raw))])));

    [Theory]
    [InlineData("RCPT", "550 5.1.1 no such user", MailFate.NoSuchAddress)]
    [InlineData("RCPT", "550 5.7.1 relaying denied", MailFate.Refused)]
    [InlineData("RCPT", "550 5.1.8 sender not known", MailFate.Refused)]
    [InlineData("RCPT", "552 5.2.2 mailbox full", MailFate.Refused)]
    [InlineData("RCPT", "550 5.4.1 access denied", MailFate.Refused)]
    [InlineData("RCPT", "550 Relaying is not permitted", MailFate.Refused)]
    [InlineData("RCPT", "554 5.1.1 no such user", MailFate.NoSuchAddress)]
    [InlineData("RCPT", "550 no such user", MailFate.NoSuchAddress)]
    [InlineData("RCPT", "554 transaction failed", MailFate.Refused)]
    [InlineData("RCPT", "450 greylisted", MailFate.Later)]
    [InlineData("DATA", "451 later", MailFate.Later)]
    [InlineData(".", "554 spam", MailFate.Refused)]
    [InlineData(".", "452 full", MailFate.Later)]
    [InlineData("MAIL", "550 not you", MailFate.Unreachable)]
    [InlineData("MAIL", "421 going away", MailFate.Unreachable)]
    [InlineData("RCPT", "", MailFate.Unreachable)]
    [InlineData(".", "", MailFate.Unknown)]
    public async Task What_the_server_says_is_told_apart_and_the_next_mail_goes(string at, string says, MailFate fate)
    {
        await using var line = Line();
        (await line.Send(Mail(1, "Before"))).Fate.ShouldBe(MailFate.Taken);
        _sink.Says = (verb, _) => verb == at ? says : null;
        (await line.Send(Mail(2, "Trouble"))).Fate.ShouldBe(fate);
        _sink.Says = null;
        (await line.Send(Mail(3, "After"))).Fate.ShouldBe(MailFate.Taken);
        _sink.Mails.Last().Header("Message-ID").ShouldBe("<post-9-3@club.example.net>");
    }

    [Fact]
    public async Task One_connection_carries_many_mails_and_a_server_that_hung_up_in_between_loses_none()
    {
        await using var line = Line();
        for (var i = 1; i <= 20; i++) (await line.Send(Mail(i, "One of many"))).Fate.ShouldBe(MailFate.Taken);
        _sink.Connections.ShouldBe(1);
        var first = true;
        _sink.Says = (verb, _) =>
        {
            if (verb != "MAIL" || !first) return null;
            first = false;
            return "";
        };
        (await line.Send(Mail(21, "After a pause"))).Fate.ShouldBe(MailFate.Taken);
        _sink.Connections.ShouldBe(2);
        _sink.Mails.Count.ShouldBe(21);
    }

    [Fact]
    public async Task Where_nobody_listens_nothing_was_handed_over()
    {
        await using var line = new SmtpLine(new MailOptions { Host = "127.0.0.1", Port = 9, StartTls = false }, new SiteOptions());
        (await line.Send(Mail(1, "Hi"))).Fate.ShouldBe(MailFate.Unreachable);
    }

    [Theory]
    [InlineData("EHLO", "554 not today", null)]
    [InlineData("EHLO", "250 sink", "ada")] // offers no AUTH
    public async Task Trouble_on_connecting_is_nobodys_refusal_and_passes(string at, string says, string? user)
    {
        await using var line = new SmtpLine(Options() with { Username = user, Password = "x" }, s_site);
        _sink.Says = (verb, _) => verb == at || verb == "HELO" ? says : null;
        (await line.Send(Mail(1, "Hi"))).Fate.ShouldBe(MailFate.Unreachable);
        if (user is not null) return;
        _sink.Says = null;
        (await line.Send(Mail(2, "Hi"))).Fate.ShouldBe(MailFate.Taken);
    }

    [Fact]
    public async Task A_server_without_the_encryption_that_is_asked_for_is_trouble_too()
    {
        await using var line = new SmtpLine(Options() with { StartTls = true }, s_site);
        (await line.Send(Mail(1, "Hi"))).Fate.ShouldBe(MailFate.Unreachable);
    }

    [Theory]
    [InlineData("a..b@example.org")]
    [InlineData("a.@example.org")]
    public async Task An_address_no_letter_can_be_written_to_is_refused_and_the_next_mail_goes(string address)
    {
        await using var line = Line();
        (await line.Send(Mail(1, "Hi") with { To = new MailAddressee("Lin", address) })).Fate.ShouldBe(MailFate.NoSuchAddress);
        (await line.Send(Mail(2, "Hi"))).Fate.ShouldBe(MailFate.Taken);
    }

    [Theory]
    [InlineData("post@example.net", true)]
    [InlineData("Club <post@example.net>", true)]
    [InlineData("post", false)]
    [InlineData("a..b@example.net", false)]
    public async Task What_the_settings_let_through_as_sender_can_be_sent_from(string from, bool isFit)
    {
        var options = Options() with { From = from };
        (options.Fault() is null).ShouldBe(isFit);
        if (!isFit) return;
        await using var line = new SmtpLine(options, s_site);
        (await line.Send(Mail(1, "Hi"))).Fate.ShouldBe(MailFate.Taken);
        _sink.Mails.Last().From.ShouldContain("<post@example.net>");
    }

    private static readonly SiteOptions s_site = new() { PublicUrl = "https://club.example.net" };

    private MailOptions Options() => new() { Host = "127.0.0.1", Port = _sink.Port, StartTls = false, From = "post@example.net" };

    private SmtpLine Line() => new(Options(), s_site);
}
