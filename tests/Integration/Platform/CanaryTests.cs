using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;
using Stipend.Platform.Telemetry;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Platform;

/// <summary>Personal data that goes in must not come out in logs or traces.</summary>
public sealed class CanaryTests
{
    private const string Canary = "canary7391";

    [Fact]
    public async Task Names_addresses_and_tokens_reach_neither_log_nor_trace()
    {
        var said = new ConcurrentQueue<string>();
        using var listener = Listen(said);
        await using (var sink = new SmtpSink())
        await using (var app = await TestApp.Start(Engine.Sqlite, adjust: b =>
        {
            b.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(new Ear(said));
            b.Configuration["Stipend:Mail:Host"] = "127.0.0.1";
            b.Configuration["Stipend:Mail:Port"] = sink.Port.ToString();
            b.Configuration["Stipend:Mail:StartTls"] = "false";
            b.Services.AddScoped<IAddressBook, Book>();
        }, map: routes =>
        {
            routes.MapGet("/test/{name}", (string name) => name.Length > 0 ? throw new InvalidOperationException("broken on purpose") : "")
                .AllowAnyone();
            routes.MapPost("/test/form", async (HttpContext c) => (await FormInput.Read(c)).Required("email")).AllowAnyone();
        }))
        {
            using var client = app.Client();
            await client.GetAsync($"/test/{Canary}?token={Canary}");
            await client.GetAsync($"/sign-in?token={Canary}&return=/{Canary}");
            await client.PostAsync("/test/form", new FormUrlEncodedContent([new("email", $"{Canary}@example.org")]));
            await client.PostAsync("/sign-in", new FormUrlEncodedContent([new("email", $"{Canary}@example.org"), new("password", Canary)]));
            await client.GetAsync($"/no/such/{Canary}");
            await app.In(async services =>
            {
                services.GetRequiredService<Outbox>().Publish(new SendMail(1, Canary, Canary, "test"));
                await services.GetRequiredService<Db>().SaveChangesAsync();
            });
            sink.RefuseNext(1);
            await app.Drain();
        }
        said.ShouldContain(line => line.Contains("broken on purpose"), "the ear hears nothing, so this test would prove nothing");
        said.ShouldContain(line => line.Contains("/test/{name}"), "no trace of the request was taken, so this test would prove nothing");
        said.Where(line => line.Contains(Canary, StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();
    }

    private static ActivityListener Listen(ConcurrentQueue<string> said)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source =>
                source.Name.StartsWith(Signals.Prefix, StringComparison.Ordinal) || source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
                said.Enqueue($"{activity.DisplayName} {string.Join(' ', activity.TagObjects)} {activity.StatusDescription}"),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private sealed class Book : IAddressBook
    {
        public Task<MailAddressee?> Find(long personId, CancellationToken ct) =>
            Task.FromResult<MailAddressee?>(new MailAddressee(Canary, $"{Canary}@example.org"));
    }

    private sealed class Ear(ConcurrentQueue<string> said) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            said.Enqueue($"{formatter(state, exception)} {exception}");
        public void Dispose() { }
    }
}
