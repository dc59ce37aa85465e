using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Security;

/// <summary>Secrets and personal data that go through the site must not come out in its log, at any level an operator may switch
/// on.</summary>
public sealed class LogCanaryTests
{
    [Theory, OnEveryEngine]
    public async Task Neither_secrets_nor_personal_data_reach_the_log(Engine engine)
    {
        var sink = new Sink();
        await using var app = await TestApp.Start(engine, adjust: b =>
        {
            b.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(sink);
            b.Logging.AddFilter("Stipend", LogLevel.Trace);
            b.Configuration.AddInMemoryCollection([KeyValuePair.Create("Stipend:TestGateway:WebhookSecret", (string?)"canary.secret")]);
        });
        var canaries = new List<string> { "canary.secret", "canary.event@example.org", "canary.address@example.org", "canary.moved@example.org", "Canary Name", "canary password one",
            "canary password two" };

        var setup = await app.SetupLink();
        canaries.Add(setup.Split('/')[^1]);
        await app.Visitor()
            .Post(setup, ("site", "Testland"), ("name", "Opal"), ("email", "opal@example.org"), ("password", "seven quiet otters"));
        var ada = await app.SignUp("Canary Name", "canary.address@example.org", "canary password one");
        var signedIn = await app.Visitor().Post("/sign-in", ("email", ada.Email), ("password", "canary password one"));
        canaries.Add(signedIn.Response.Headers.GetValues("Set-Cookie")
            .Single(c => c.StartsWith("stipend_session=", StringComparison.Ordinal)).Split('=', ';')[1]);
        await app.Visitor().Post("/sign-in", ("email", ada.Email), ("password", "canary password two"));
        await app.Visitor().Post("/sign-in/link", ("email", ada.Email));
        canaries.Add(TestApp.LinkIn(await app.LastMailText(ada.Id), "/sign-in/link/")!.Split('/')[^1]);
        await app.FollowLink(ada);
        await ada.Post("/account/email", ("new_email", "canary.moved@example.org"), ("current_password", "canary password one"));
        await ada.Post("/account/email", ("new_email", "canary.moved@example.org"), ("current_password", "canary password two"));
        await ada.Get("/account/export");
        (await app.Visitor().PostJson("/webhooks/payments/test", new { email = "canary.event@example.org" })).Status
            .ShouldBe(System.Net.HttpStatusCode.BadRequest);
        await ada.Get("/no/such/page?email=canary.address@example.org");
        await app.Drain();

        app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Stipend.Test").LogInformation("the log was listened to");
        sink.Lines.ShouldContain(l => l.Contains("the log was listened to"));
        foreach (var canary in canaries)
            sink.Lines.Where(l => l.Contains(canary, StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty($"“{canary}” was logged");
    }

    [Fact]
    public async Task The_canary_would_sing()
    {
        var sink = new Sink();
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b => b.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(sink));
        app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Stipend.Test")
            .LogDebug("to {Address}", "canary.address@example.org");
        sink.Lines.ShouldContain(l => l.Contains("canary.address@example.org"));
    }

    private sealed class Sink : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];
        public ILogger CreateLogger(string categoryName) => this;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull
        {
            Lines.Enqueue($"scope {state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {state} {(state is IEnumerable<KeyValuePair<string, object?>> values ? string.Join(' ', values.Select(v => v.Value)) : "")} {exception}");

        public void Dispose()
        {
            // nothing held
        }
    }
}
