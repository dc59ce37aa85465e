using System.CommandLine;
using Stipend.TestGateway;

namespace Stipend.Commands;

/// <summary>Runs the test gateway as a process of its own, with its own store, as a real gateway would be.</summary>
internal static class TestGatewayCommand
{
    private const string DefaultUrl = "http://127.0.0.1:5090";

    private static readonly Option<string> s_urls = new("--urls")
    {
        Description = "Address to listen on; port 0 takes a free one",
        DefaultValueFactory = _ => DefaultUrl,
    };

    private static readonly Option<string?> s_webhook = new("--webhook-url")
        { Description = "Where signed events are delivered; without it they can only be listed" };

    private static readonly Option<string> s_secret = new("--webhook-secret")
    {
        Description = "The secret events are signed with; give the site the same as Stipend__TestGateway__WebhookSecret",
        DefaultValueFactory = _ => new TestGatewayOptions().WebhookSecret,
    };

    public static Command Build()
    {
        var command = new Command("test-gateway", "Run the test gateway on its own (by default it runs inside the site)")
            { s_urls, s_webhook, s_secret };
        command.SetAction(Serve);
        return command;
    }

    private static Task<int> Serve(ParseResult parsed, CancellationToken ct) => CliHost.Guard(parsed, async () =>
    {
        var url = parsed.GetValue(s_urls)!;
        Listening.Check(url);
        using var store = new TestGatewayStore(Path.Combine(CliHost.Settings(parsed).DataFolder, "test-gateway.db"));
        await using var server = await Listening.On([url], () => TestGatewayServer.Start(store, Options(parsed), url, TimeProvider.System, ct));
        Console.WriteLine($"The test gateway is at {server.Address.GetLeftPart(UriPartial.Authority)}");
        Console.WriteLine($"Its key is {store.SecretKey}");
        Console.WriteLine("Start the site with Stipend__TestGateway__Url and Stipend__TestGateway__Key set to these.");
        await server.WaitForStop(ct);
        return ExitCode.Ok;
    });

    private static TestGatewayOptions Options(ParseResult parsed)
    {
        var webhook = parsed.GetValue(s_webhook);
        if (webhook is null) return new TestGatewayOptions();
        return Uri.TryCreate(webhook, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? new TestGatewayOptions { WebhookUrl = url, WebhookSecret = parsed.GetValue(s_secret)! }
            : throw Refusal.Invalid("webhook_url", $"“{webhook}” is not an address. Write it like http://127.0.0.1:5000/webhooks/payments/test.");
    }
}
