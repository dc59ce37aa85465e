using System.Net.Http.Headers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways.Stripe;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;
using Stipend.TestGateway;

namespace Stipend.Billing.Gateways;

/// <summary>
/// Chooses where payments go. By default a test gateway inside this process, with a store of its own beside the data file;
/// with <c>Stipend:TestGateway:Url</c> and <c>Stipend:TestGateway:Key</c> a test gateway that runs elsewhere; with
/// <c>Stipend:Stripe:SecretKey</c> the real book's go to Stripe.
/// </summary>
internal static class BillingGateways
{
    /// <summary>Where the in-process gateway's page for confirming a payment is mapped.</summary>
    internal const string PagesPath = "/test-gateway";

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    internal static IServiceCollection AddGateways(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
            new TestGatewayStore(Path.Combine(provider.GetRequiredService<DataOptions>().Folder, "test-gateway.db")));
        services.AddSingleton(provider => new TestGatewayCore(provider.GetRequiredService<TestGatewayStore>(),
            new TestGatewayOptions { PublicUrl = PagesPath }, provider.GetRequiredService<Clock>().Provider));
        services.AddSingleton(provider => new TestGatewayClient(Connect(provider)));
        services.AddSingleton<IPaymentGateway>(provider => provider.GetRequiredService<TestGatewayClient>());
        services.AddSingleton<ITestPayers>(provider => provider.GetRequiredService<TestGatewayClient>());
        services.AddSingleton(provider =>
            provider.GetService<IConfiguration>()?.GetSection("Stipend:Stripe").Get<StripeOptions>() ?? new StripeOptions());
        services.AddAtStart<StripeCheck>();
        services.AddSingleton(provider => new PaymentGateways(provider.GetRequiredService<IPaymentGateway>(),
            Stripe(provider.GetRequiredService<StripeOptions>()), provider.GetRequiredService<Transfers.TransferRail>(),
            provider.GetService<BillingOptions>() ?? new BillingOptions()));
        services.AddSingleton<Transfers.TransferRail>();
        return services;
    }

    /// <summary>The page where a payer confirms a payment; the address carries its own key, so anyone who has it may open it.</summary>
    internal static IEndpointRouteBuilder MapGateways(this IEndpointRouteBuilder app)
    {
        if (IsInProcess(app.ServiceProvider.GetService<IConfiguration>()))
            app.MapTestGatewayPages(context => context.RequestServices.GetRequiredService<TestGatewayCore>(), PagesPath).AllowAnyone();
        return app;
    }

    /// <summary>True when the gateway runs inside this process, and its pages with it.</summary>
    internal static bool IsInProcess(IConfiguration? configuration) => string.IsNullOrWhiteSpace(configuration?["Stipend:TestGateway:Url"]);

    private static HttpClient Connect(IServiceProvider provider)
    {
        var configuration = provider.GetService<IConfiguration>();
        if (IsInProcess(configuration)) return Client(new InProcessHandler(provider.GetRequiredService<TestGatewayCore>()),
            new Uri("http://test-gateway.internal"), provider.GetRequiredService<TestGatewayStore>().SecretKey);
        if (!Uri.TryCreate(configuration!["Stipend:TestGateway:Url"], UriKind.Absolute, out var url)
            || url.Scheme is not ("http" or "https"))
            throw Refusal.Invalid("gateway_url",
                "Stipend:TestGateway:Url is not an address. Write it like http://127.0.0.1:5090, or leave it out.");
        var key = configuration["Stipend:TestGateway:Key"];
        if (string.IsNullOrWhiteSpace(key))
            throw Refusal.Invalid("gateway_key",
                "Stipend:TestGateway:Url is set without Stipend:TestGateway:Key. `stipend test-gateway` prints the key when it starts.");
        return Client(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false }, url, key);
    }

    private static StripeGateway? Stripe(StripeOptions options)
    {
        if (!options.IsConfigured) return null;
        if (options.Fault() is { } fault) throw Refusal.Invalid("stripe_settings", fault);
        return new StripeGateway(StripeClient(
            new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false }, new Uri(options.Url),
            options.SecretKey!));
    }

    internal static HttpClient StripeClient(HttpMessageHandler handler, Uri address, string key)
    {
        var client = Client(handler, address, key);
        client.DefaultRequestHeaders.Add("Stripe-Version", StripeGateway.Version);
        return client;
    }

    internal static HttpClient Client(HttpMessageHandler handler, Uri address, string key) => new(handler)
    {
        BaseAddress = address,
        Timeout = s_deadline,
        MaxResponseContentBufferSize = 4 << 20,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };
}
