using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Stipend.Platform.Telemetry;

/// <summary>Traces and metrics by OTLP, off unless <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to.</summary>
public static class TelemetryServices
{
    /// <summary>Tags that would carry what people typed or are: query strings, full addresses, who called from where.</summary>
    private static readonly string[] s_personal = ["url.query", "url.full", "url.path", "http.url", "http.target", "client.address",
        "net.peer.ip", "user_agent.original", "http.user_agent"];

    internal static IServiceCollection AddTelemetry(this IServiceCollection services) => services.AddHostedService<Export>();

    /// <summary>
    /// Names the request's activity by its route, never by its path, and takes off what could tell a person. Right after routing.
    /// </summary>
    public static IApplicationBuilder UseRequestSignals(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
        }
        finally
        {
            if (Activity.Current is { } activity) Describe(activity, context);
        }
    });

    private static void Describe(Activity activity, HttpContext context)
    {
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "unknown";
        activity.DisplayName = $"{context.Request.Method} {route}";
        foreach (var tag in s_personal) activity.SetTag(tag, null);
        activity.SetTag("http.route", route).SetTag("http.request.method", context.Request.Method)
            .SetTag("http.response.status_code", context.Response.StatusCode);
        if (context.Response.StatusCode >= 500) activity.SetStatus(ActivityStatusCode.Error);
    }

    private sealed class Export(IConfiguration configuration) : IHostedService, IDisposable
    {
        private TracerProvider? _traces;
        private MeterProvider? _metrics;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not { Length: > 0 }) return Task.CompletedTask;
            var resource = ResourceBuilder.CreateDefault().AddService("stipend");
            _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
                .AddSource(Signals.Prefix + "*", "Microsoft.AspNetCore", "Npgsql").AddOtlpExporter().Build();
            _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
                .AddMeter(Signals.Prefix + "*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime",
                    "Npgsql").AddOtlpExporter().Build();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
            _traces?.Dispose();
            _metrics?.Dispose();
        }
    }
}
