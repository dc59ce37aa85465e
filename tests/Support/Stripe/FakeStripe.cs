using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Stipend.Support.Stripe;

/// <summary>
/// A likeness of Stripe on a free port of the loopback address, with a truth of its own, written from Stripe's published contract: what it
/// takes, what it answers, what it keeps for a day. It knows only what the site uses, and refuses any parameter it does not know.
/// </summary>
public sealed partial class FakeStripe : IAsyncDisposable
{
    /// <summary>The version a request must name: the one this is a likeness of.</summary>
    public const string Version = "2025-02-24.acacia";

    public const string SecretKey = "sk_test_of_the_likeness", WebhookSecret = "whsec_of_the_likeness";

    private static readonly TimeSpan s_keyLifetime = TimeSpan.FromHours(24);
    private readonly Lock _lock = new();
    private readonly WebApplication _app;
    private readonly Dictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    private readonly HashSet<string> _mishaps = new(StringComparer.Ordinal);
    private int? _outage;
    private long _ids;

    private FakeStripe(WebApplication app) => _app = app;

    /// <summary>The first answer of an idempotency key.</summary>
    private sealed record Kept(byte[] Hash, Reply Reply, DateTimeOffset At);

    /// <summary>The clock it lives by: that of the site it serves.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Calls taken so far, whatever became of them.</summary>
    public int Calls { get; private set; }

    public static async Task<FakeStripe> Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var stripe = new FakeStripe(app);
        app.Run(stripe.Serve);
        await app.StartAsync();
        return stripe;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    /// <summary>Makes every following call fail without doing anything: a status, or 0 for a lost connection. Null ends it.</summary>
    public void BreakDown(int? status)
    {
        lock (_lock) _outage = status;
    }

    private async Task Serve(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Reply reply;
        lock (_lock) reply = Answer(context.Request, Encoding.UTF8.GetString(body.ToArray()));
        if (reply.Fate == Fate.Lost)
        {
            context.Abort();
            return;
        }
        var bytes = Encoding.UTF8.GetBytes(reply.Body.ToJsonString());
        context.Response.StatusCode = reply.Status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(reply.Fate == Fate.Half ? bytes.AsMemory(0, bytes.Length / 2) : bytes, context.RequestAborted);
        if (reply.Fate != Fate.Half) return;
        await context.Response.Body.FlushAsync(context.RequestAborted);
        context.Abort();
    }

    private Reply Answer(HttpRequest request, string body)
    {
        Calls++;
        if (_outage is { } status) return status == 0 ? new Reply(0, [], Fate.Lost)
            : Reply.Error(status, status == 429 ? "rate_limit_error" : "api_error", status == 429 ? "rate_limit" : null, "Out of order.");
        if (request.Headers.Authorization.ToString() != $"Bearer {SecretKey}")
            return Reply.Error(401, "invalid_request_error", null, "Invalid API Key provided: sk_test_****");
        try
        {
            if (request.Headers["Stripe-Version"].ToString() != Version)
                throw Reply.Invalid("Stripe-Version", null, $"This is a likeness of {Version} alone.");
            var call = new Call(request.Method, request.Path, Form(request.QueryString.Value?.TrimStart('?') ?? "").Concat(Form(body)));
            if (request.Method == "GET") return Route(call);
            if (request.ContentType != "application/x-www-form-urlencoded") throw Reply.Invalid("Content-Type", null, "Send a form.");
            return request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } key ? Once(key, call, body) : Route(call);
        }
        catch (Refused refused)
        {
            return refused.Reply;
        }
    }

    /// <summary>
    /// The same key answers the same again, a 500 too, for a day; with other parameters it is refused. What was refused before anything
    /// was done leaves nothing behind.
    /// </summary>
    private Reply Once(string key, Call call, string body)
    {
        var now = Time.GetUtcNow();
        foreach (var old in _kept.Where(k => now - k.Value.At >= s_keyLifetime).Select(k => k.Key).ToList()) _kept.Remove(old);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{call.Method} {call.Path}\n{body}"));
        if (_kept.TryGetValue(key, out var kept))
            return kept.Hash.AsSpan().SequenceEqual(hash) ? kept.Reply with { Fate = Fate.Arrives }
                : Reply.Error(400, "idempotency_error", null,
                    $"Keys for idempotent requests can only be used with the same parameters they were first used with ({key}).");
        var reply = Route(call);
        if (reply.WasExecuted) _kept[key] = new Kept(hash, reply, now);
        return reply;
    }

    private Reply Route(Call call) => (call.Method, call.Path.Trim('/').Split('/')) switch
    {
        ("POST", ["v1", "customers"]) => CreateCustomer(call),
        ("POST", ["v1", "payment_methods", var id, "attach"]) => Attach(id, call),
        ("POST", ["v1", "payment_methods", var id, "detach"]) => Detach(id, call),
        ("POST", ["v1", "checkout", "sessions"]) => CreateSession(call),
        ("GET", ["v1", "checkout", "sessions", var id]) => GetSession(id, call),
        ("POST", ["v1", "payment_intents"]) => CreateIntent(call),
        ("GET", ["v1", "payment_intents"]) => ListIntents(call),
        ("GET", ["v1", "payment_intents", var id]) => GetIntent(id, call),
        ("POST", ["v1", "payment_intents", var id, "confirm"]) => ConfirmIntent(id, call),
        ("POST", ["v1", "payment_intents", var id, "cancel"]) => CancelIntent(id, call),
        ("POST", ["v1", "refunds"]) => CreateRefund(call),
        ("GET", ["v1", "balance_transactions"]) => ListMovements(call),
        _ => Reply.Error(404, "invalid_request_error", null, $"Unrecognized request URL ({call.Method}: {call.Path})."),
    };

    private string NewId(string prefix) => $"{prefix}_Fake{++_ids:D10}";

    private long Seconds() => Time.GetUtcNow().ToUnixTimeSeconds();

    private static IEnumerable<(string Name, string Value)> Form(string text) =>
        from pair in text.Split('&', StringSplitOptions.RemoveEmptyEntries)
        let mark = pair.IndexOf('=', StringComparison.Ordinal)
        select (WebUtility.UrlDecode(pair[..mark]), WebUtility.UrlDecode(pair[(mark + 1)..]));

    /// <summary>A page of a list that is sorted newest first, as all of Stripe's are.</summary>
    private static JsonObject Page(Call call, IReadOnlyList<(string Id, JsonObject Json)> newestFirst)
    {
        var limit = (int)Math.Clamp(call.Whole("limit") ?? 10, 1, 100);
        var from = call.Get("starting_after") is { } after ? Find(after) + 1 : 0;
        var until = call.Get("ending_before") is { } before ? Find(before) : newestFirst.Count;
        var fromTheEnd = call.Get("ending_before") is not null; // the page next to the id, not the newest one
        var all = newestFirst.Skip(from).Take(until - from).ToList();
        var page = fromTheEnd ? all.TakeLast(limit) : all.Take(limit);
        return new JsonObject
        {
            ["object"] = "list", ["has_more"] = all.Count > limit, ["data"] = new JsonArray([.. page.Select(p => p.Json.DeepClone())]),
        };

        int Find(string id) => newestFirst.Index().First(p => p.Item.Id == id).Index;
    }
}
