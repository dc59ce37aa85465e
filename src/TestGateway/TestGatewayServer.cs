using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Stipend.TestGateway;

/// <summary>The gateway as a server of its own, on loopback unless told otherwise. A lost reply resets the connection.</summary>
public sealed class TestGatewayServer : IAsyncDisposable
{
    private const int MostBytes = 1 << 20;
    private readonly WebApplication _app;
    private readonly WebhookCourier _courier;

    private TestGatewayServer(WebApplication app, TestGatewayCore core, WebhookCourier courier) =>
        (_app, Core, _courier) = (app, core, courier);

    /// <summary>The behaviour behind the server.</summary>
    public TestGatewayCore Core { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Starts listening. Port 0 takes a free one; pages then name the address that was taken.</summary>
    /// <exception cref="IOException">The address is in use.</exception>
    public static async Task<TestGatewayServer> Start(
        TestGatewayStore store, TestGatewayOptions options, string url, TimeProvider time, CancellationToken ct = default)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(url).ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = MostBytes;
            kestrel.AddServerHeader = false;
        });
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var core = new TestGatewayCore(store, options with { }, time);
        app.UseRouting();
        app.MapTestGatewayPages(_ => core);
        app.Map("/v1/{**path}", context => Serve(core, context));
        var courier = new WebhookCourier(core, time);
        var server = new TestGatewayServer(app, core, courier);
        await app.StartAsync(ct);
        if (options.PublicUrl.Length == 0) core.Options.PublicUrl = server.Address.ToString();
        courier.Start();
        return server;
    }

    /// <summary>Returns when the server has been told to stop.</summary>
    public Task WaitForStop(CancellationToken ct) => _app.WaitForShutdownAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await _courier.DisposeAsync();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    private static async Task Serve(TestGatewayCore core, HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var bearer = context.Request.Headers.Authorization.ToString();
        var key = context.Request.Headers["Idempotency-Key"].ToString();
        var reply = core.Answer(new GatewayCall(context.Request.Method, context.Request.Path, context.Request.QueryString.Value ?? "",
            body.ToArray(), context.Request.ContentType, key.Length == 0 ? null : key,
            bearer.StartsWith("Bearer ", StringComparison.Ordinal) ? bearer["Bearer ".Length..] : null));
        if (reply.Fate == ReplyFate.Lose)
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = reply.Status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = reply.Body.Length;
        if (reply.Replayed) context.Response.Headers["Idempotent-Replayed"] = "true";
        await context.Response.Body.WriteAsync(reply.Body, context.RequestAborted);
    }
}
