using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace Stipend.Platform.Http;

/// <summary>Limits and surroundings of the web server, under <c>Stipend:Http</c>.</summary>
public sealed record HttpOptions
{
    /// <summary>Unsafe requests one person, or one address without a person, may make in a minute.</summary>
    public int WritesPerMinute { get; init; } = 240;

    /// <summary>Addresses or networks (<c>10.0.0.0/8</c>) of reverse proxies, separated by commas: only theirs are the X-Forwarded headers
    /// believed.</summary>
    public string Proxies { get; init; } = "";

    /// <summary>Private networks that addresses people chose (webhooks, imports) may lead to, separated by commas. Normally none.</summary>
    public string AllowedPrivateNetworks { get; init; } = "";

    /// <summary>The networks of a comma-separated list; a lone address is a network of one.</summary>
    /// <exception cref="Refusal">One of them is neither.</exception>
    public static IReadOnlyList<IPNetwork> Networks(string list)
        => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(text =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : throw Refusal.Invalid("not_a_network", $"“{text}” under Stipend:Http is neither an address nor a network such as 10.0.0.0/8."))
            .ToList();
}

/// <summary>How large and how often requests may be, how answers are packed, and which proxy is believed.</summary>
public static class WebLimits
{
    /// <summary>The largest body of a request, unless its endpoint takes more.</summary>
    public const long BodyBytes = 16 * 1024 * 1024;

    /// <summary>What of an answer may wait for a slow reader: two pieces of a file, so that one is read while the other is sent.</summary>
    public const long ResponseBufferBytes = 256 * 1024;

    /// <summary>Lets an endpoint take bodies up to a size in bytes.</summary>
    public static T AcceptsUpTo<T>(this T endpoint, long bytes) where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new BodyLimit(bytes));

    internal static IServiceCollection AddWebLimits(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
            provider.GetRequiredService<IConfiguration>().GetSection("Stipend:Http").Get<HttpOptions>() ?? new HttpOptions());
        services.AddSingleton<OutsideClient>().AddSingleton<Pace>();
        services.AddResponseCompression(o =>
        {
            o.EnableForHttps = true; // our pages carry no secret beside text a stranger can put there
            o.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "application/vnd.api+json", "application/rss+xml", "application/feed+json"];
        });
        services.Configure<BrotliCompressionProviderOptions>(o => o.Level = System.IO.Compression.CompressionLevel.Fastest);
        services.Configure<GzipCompressionProviderOptions>(o => o.Level = System.IO.Compression.CompressionLevel.Fastest);
        services.AddRateLimiter(_ => { });
        services.AddSingleton<LostForms>();
        services.AddSingleton<IConfigureOptions<RateLimiterOptions>>(provider =>
            new ConfigureOptions<RateLimiterOptions>(o => Limit(o, provider.GetRequiredService<HttpOptions>())));
        return services;
    }

    internal static IApplicationBuilder UseProxyHeaders(this IApplicationBuilder app)
    {
        var networks = HttpOptions.Networks(app.ApplicationServices.GetRequiredService<HttpOptions>().Proxies);
        if (networks.Count == 0) return app;
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto
            | ForwardedHeaders.XForwardedHost, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in networks) options.KnownIPNetworks.Add(network);
        return app.UseForwardedHeaders(options);
    }

    private static void Limit(RateLimiterOptions options, HttpOptions http)
    {
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => IsSafe(context.Request.Method)
            ? RateLimitPartition.GetNoLimiter("")
            : RateLimitPartition.GetSlidingWindowLimiter(Who(context), _ => new SlidingWindowRateLimiterOptions
            {
                PermitLimit = http.WritesPerMinute, Window = TimeSpan.FromMinutes(1), SegmentsPerWindow = 6, QueueLimit = 0,
            }));
        options.OnRejected = (rejected, _) =>
        {
            rejected.HttpContext.Response.OnStarting(() =>
            {
                rejected.HttpContext.Response.Headers.RetryAfter = "60";
                return Task.CompletedTask;
            });
            throw Refusal.TooMany("That was too much in too short a time. Wait a minute and go on.");
        };
    }

    private static string Who(HttpContext context) => context.Viewer() is { } viewer ? $"person {viewer.Id}" : Caller(context);

    /// <summary>The address a request comes from; of an IPv6 address the part a household shares.</summary>
    public static string Caller(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } address) return "nobody";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        return Convert.ToHexString(bytes.AsSpan(0, Math.Min(8, bytes.Length)));
    }

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    private sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
