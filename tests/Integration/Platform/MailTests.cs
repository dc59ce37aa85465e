using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Platform;

public sealed class MailTests
{
    private const long Lin = 42;

    [Theory, OnEveryEngine]
    public async Task Without_a_mail_server_a_mail_stops_in_the_mailbox_once(Engine engine)
    {
        await using var app = await TestApp.Start(engine, adjust: b => Book(b));
        await Send(app, new SendMail(Lin, "Your link", "Hello Lin,\n\nSign in:\nhttps://example.org/in?a=1&b=2\n\nBye", "sign_in"));

        var mail = (await app.Mails(Lin)).ShouldHaveSingleItem();
        mail.Address.ShouldBe("lin@example.org");
        mail.Link.ShouldBe("https://example.org/in?a=1&b=2");
        mail.Html.ShouldContain("href=\"https://example.org/in?a=1&amp;b=2\"");
        mail.Html.ShouldContain(">Sign in</a>");
        (await app.Mails(personId: 7)).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task The_mailbox_keeps_the_newest_five_hundred(Engine engine)
    {
        await using var app = await TestApp.Start(engine, adjust: b => Book(b));
        await Send(app, Enumerable.Range(1, Mailbox.Kept + 3).Select(i => new SendMail(Lin, $"No. {i}", "…", "news")).ToArray());
        var mails = await app.Mails();
        mails.Count.ShouldBe(Mailbox.Kept);
        mails[0].Subject.ShouldBe("No. 4");
        mails[^1].Subject.ShouldBe($"No. {Mailbox.Kept + 3}");
    }

    [Fact]
    public async Task Whoever_has_no_address_is_sent_nothing_and_nothing_is_tried_again()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b => Book(b));
        await Send(app, new SendMail(Lin + 1, "Lost", "…", "news"));
        (await app.Mails()).ShouldBeEmpty();
        (await app.Services.GetRequiredService<MessageRunner>().NextDue(Kernel.Book.Live, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Smtp_carries_both_parts_and_the_headers_a_robot_owes()
    {
        await using var sink = new SmtpSink();
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b => Book(Smtp(b, sink.Port)));
        await Send(app, new SendMail(Lin, "Schöne Grüße", "Grüße!\n\nhttps://example.org/x", "news"));
        await app.Drain();

        var mail = sink.Mails.ShouldHaveSingleItem();
        mail.From.ShouldContain("<post@example.net>");
        mail.To.ShouldContain("<lin@example.org>");
        mail.Header("Date").ShouldNotBeNull().ShouldEndWith("+0000");
        mail.Header("Auto-Submitted").ShouldBe("auto-generated");
        mail.Header("Message-ID").ShouldNotBeNull().ShouldMatch(@"^<\d+@club\.example\.net>$");
        mail.Header("Content-Type").ShouldNotBeNull().ShouldStartWith("multipart/alternative");
        mail.Raw.ShouldContain("Content-Type: text/plain");
        mail.Raw.ShouldContain("Content-Type: text/html");
        (await app.In(s => s.GetRequiredService<Mailbox>().List())).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Hi\r\nBcc: all@example.org", "Lin")]
    [InlineData("Hi", "Lin\r\nBcc: all@example.org")]
    [InlineData("Hi\nX-Evil: 1\u2028Bcc: all@example.org", "Lin\u0085Bcc: all@example.org")]
    public async Task A_line_break_in_a_subject_or_a_name_starts_no_header(string subject, string name)
    {
        await using var sink = new SmtpSink();
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b => Book(Smtp(b, sink.Port), name));
        await Send(app, new SendMail(Lin, subject, "…", "news"));
        await app.Drain();

        var mail = sink.Mails.ShouldHaveSingleItem();
        mail.Headers()
            .ShouldNotContain(h =>
            h.StartsWith("Bcc", StringComparison.OrdinalIgnoreCase) || h.StartsWith("X-Evil", StringComparison.OrdinalIgnoreCase));
        mail.To.ShouldContain("<lin@example.org>");
    }

    [Fact]
    public async Task A_mail_of_a_sandbox_never_leaves_the_site()
    {
        await using var sink = new SmtpSink();
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b => Book(Smtp(b, sink.Port)));
        await app.In(async s =>
        {
            var book = await s.GetRequiredService<Stipend.Platform.Time.Books>().OpenSandbox();
            s.GetRequiredService<Stipend.Platform.Messaging.Outbox>().Publish(new SendMail(Lin, "Your receipt", "…", "receipt"), book);
            await s.GetRequiredService<Db>().SaveChangesAsync();
        });
        await app.Drain();
        sink.Mails.ShouldBeEmpty();
        (await app.In(s => s.GetRequiredService<Mailbox>().List())).ShouldHaveSingleItem().Subject.ShouldBe("Your receipt");
    }

    [Fact]
    public async Task A_mail_the_server_will_not_take_now_is_sent_later_under_the_same_id()
    {
        await using var sink = new SmtpSink();
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b => Book(Smtp(b, sink.Port)));
        sink.RefuseNext(1);
        await Send(app, new SendMail(Lin, "Hi", "…", "news"));
        await app.Drain();
        sink.Mails.ShouldBeEmpty();

        app.Time.Advance(Duration.FromMinutes(1));
        await app.Drain();
        sink.Mails.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Settings_that_cannot_work_stop_the_start_with_a_sentence()
    {
        var refusal = await Should.ThrowAsync<Refusal>(() =>
            TestApp.Start(Engine.Sqlite, adjust: b => Set(b, ("Host", "mail.example.net"), ("Port", "465"))));
        refusal.Message.ShouldContain("587");
    }

    [Theory]
    [InlineData(true, "127.0.0.1", "localhost", null, false, 200)]
    [InlineData(true, "::1", "[::1]", null, false, 200)]
    [InlineData(true, "192.0.2.7", "localhost", null, false, 404)]
    [InlineData(true, "127.0.0.1", "evil.example.org", null, false, 404)]
    [InlineData(true, "127.0.0.1", "localhost", "192.0.2.7", false, 404)]
    [InlineData(true, null, "localhost", null, false, 404)]
    [InlineData(false, "127.0.0.1", "localhost", null, false, 404)]
    [InlineData(false, "192.0.2.7", "club.example.net", null, true, 200)]
    public async Task The_mailbox_opens_for_the_operator_and_in_development_for_whoever_sits_at_this_machine(
        bool development, string? from, string host, string? forwarded, bool isOperator, int status)
    {
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b =>
        {
            b.Configuration["Stipend:Site:IsDevelopment"] = development.ToString();
            b.Services.AddSingleton<IStartupFilter>(new RequestsFrom(from is null ? null : IPAddress.Parse(from), isOperator
                ? new Viewer(1, "Op", true) : null));
            Book(b);
        });
        await Send(app, new SendMail(Lin, "Your link", "https://example.org/in", "sign_in"));
        var mail = (await app.Mails()).ShouldHaveSingleItem();
        using var client = app.Client();
        foreach (var path in new[] { "/dev/mailbox", $"/dev/mailbox/{mail.Id}", $"/dev/mailbox/{mail.Id}/html" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = host;
            if (forwarded is not null) request.Headers.Add("X-Forwarded-For", forwarded);
            var response = await client.SendAsync(request);
            ((int)response.StatusCode).ShouldBe(status, path);
            if (status == 200) response.Headers.CacheControl?.NoStore.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task With_a_mail_server_there_is_no_mailbox_even_for_the_operator()
    {
        await using var sink = new SmtpSink();
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b =>
            Smtp(b, sink.Port).Services.AddSingleton<IStartupFilter>(new RequestsFrom(null, new Viewer(1, "Op", true))));
        using var client = app.Client();
        (await client.GetAsync("/dev/mailbox")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static Task Send(TestApp app, params SendMail[] mails) => app.In(async services =>
    {
        foreach (var mail in mails) services.GetRequiredService<Outbox>().Publish(mail);
        await services.GetRequiredService<Db>().SaveChangesAsync();
    });

    private static void Book(WebApplicationBuilder builder, string name = "Lin") =>
        builder.Services.AddScoped<IAddressBook>(_ => new OneAddress(name));

    private static WebApplicationBuilder Smtp(WebApplicationBuilder builder, int port)
    {
        builder.Configuration["Stipend:Site:PublicUrl"] = "https://club.example.net";
        return Set(builder, ("Host", "127.0.0.1"), ("Port", port.ToString()), ("StartTls", "false"), ("From", "post@example.net"));
    }

    private static WebApplicationBuilder Set(WebApplicationBuilder builder, params (string Key, string Value)[] values)
    {
        foreach (var (key, value) in values) builder.Configuration["Stipend:Mail:" + key] = value;
        return builder;
    }

    private sealed class OneAddress(string name) : IAddressBook
    {
        public Task<MailAddressee?> Find(long personId, CancellationToken ct) =>
            Task.FromResult(personId == Lin ? new MailAddressee(name, "lin@example.org") : null);
    }
}
