using System.Buffers.Binary;
using System.Globalization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stipend.Apps.Contracts;

namespace Stipend.Support.Full;

public sealed partial class FullSite
{
    private async Task Connect()
    {
        var made = await Must(Ada, "/ada-makes/apps", "main form", ("name", Says("Door bot")), ("api_version", "2"), ("description", Says("Opens the chat")),
            ("redirect_uris", "https://bot.example.org/callback"));
        var asked = $"response_type=code&client_id={made.Find("#client-id")!.TextContent}&scope=identity%20identity%5Bemail%5D&redirect_uri=https%3A%2F%2Fbot.example.org%2Fcallback"
            + $"&state={Uri.EscapeDataString(Says("state"))}";
        Addresses.Leads("/oauth2/authorize", "/oauth2/authorize?" + asked);
        Addresses.Leads("/oauth2/become-patron", "/oauth2/become-patron?" + asked);
        await Lin.Submit(await Lin.Open("/oauth2/authorize?" + asked), "main form", ("decision", "allow"));
        var app = (await Ada.Open("/ada-makes/apps")).Find("main table a")!.GetAttribute("href")!;
        await Must(Ada, app, "main form", ("name", Says("Door bot")), ("description", Says("Opens the door")));
        var plugin = App.Services.GetRequiredService<IOptions<AppsOptions>>().Value.SiteConnector;
        const string Blog = "https%3A%2F%2Fblog.example.org%2Fwp-admin";
        Addresses.Leads("/oauth2/register-client-creation", $"/oauth2/register-client-creation?client_id={plugin}&redirect_uri={Blog}&redirect_uris={Blog}"
            + $"&scopes=w%3Aidentity.clients&response_type=code&name={Uri.EscapeDataString(Says("Ada's blog"))}&description={Uri.EscapeDataString(Says("A blog"))}");
        var hook = (await Must(Ada, "/ada-makes/webhooks", "main form", ("uri", "https://bot.example.org/hook?room=" + Uri.EscapeDataString(Says("door"))),
            ("triggers", "members:create"))).Location!;
        await Must(Ada, hook, $"form[action='{hook}']", ("uri", "https://bot.example.org/hook?room=" + Says("gate")), ("triggers", "members:create"));
        (Addresses["apps/id"], Addresses["webhooks/id"]) = (app.Split('/')[^1], hook.Split('/')[^1]);
        await (await SignUp("Ki New", "ki@example.org")).Post("/ada-makes/join");
        await App.Drain();
        await Sql("UPDATE webhook_delivery SET attempts = 2, answer_status = 503, answer = @said, took_ms = 84, attempted_at = created_at", ("said", Says("The bot sleeps")));
        Addresses["deliveries/delivery"] = (await Ada.Open(hook)).Find("main table a")!.GetAttribute("href")!.Split('/')[^1];
        await Must(Lin, "/account/tokens", "main form", ("name", Says("Nightly copy")), ("scopes", "posts.read"));
        var feeds = await Must(Lin, "/account/feeds", "form[action='/account/feeds']", ("name", Says("My phone")));
        Addresses["feeds/vanity"] = "ada-makes";
        Addresses["feeds/token"] = feeds.Find("input[name='rss-0']")!.GetAttribute("value")!.Split('/')[^2];
        Addresses["podcasts/podcast"] = Addresses["feeds/podcast"] = $"{await Id("SELECT collection_id FROM podcast")}";
        await SignsInFrom(Says("A browser"));
        await Devices();
    }

    private async Task SignsInFrom(string browser)
    {
        var other = new Actor(App, Lin.Name, Lin.Email, App.Client());
        other.Client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", browser);
        await other.Does(await App.SignInLink(Lin), "main form");
        Addresses.Leads("/sign-in/link/{token}", await App.SignInLink(Lin));
    }

    private async Task Devices()
    {
        using var key = new VirtualPasskey { Origin = App.Address.GetLeftPart(UriPartial.Authority) };
        await Lin.PostJson("/account/security/passkeys", new { credential = key.Create((await Lin.PostJson("/account/security/passkeys/options", new { })).Body) });
        await Mo.Post("/account/security/totp");
        await Must(Lin, "/account", "form[action='/account/email']", ("new_email", "lin.new@example.org"));
        Addresses.Leads("/account/email/{token}", (await App.Mails()).Select(m => TestApp.LinkIn(m.Text, "/account/email/")).First(link => link is not null)!);
        await Opal.Post("/operator/creators/policy", ("policy", "approved"));
        await Mo.Post("/account/creator");
        Pat = await App.SignUp(Says("Pat Two"), "pat@example.org", "seven quiet otters");
        await Pat.Post("/account/security/totp");
        await Sql("UPDATE credential SET totp_confirmed_at = 1 WHERE person_id = @pat", ("pat", Pat.Id));
        await Pays();
    }

    /// <summary>A card whose bank asks leads to the gateway's own page.</summary>
    private async Task Pays()
    {
        var asked = await Must(Pat, Addresses.Of("/{vanity}/join/{tierId:long}"), "main form", ("method", "card_asks_for_confirmation"), ("button", "join"));
        Addresses.Leads("/test-gateway/confirm/{id}", asked.Location![asked.Location!.IndexOf("/test-gateway", StringComparison.Ordinal)..]);
    }

    private async Task PassAMonth()
    {
        var csv = "Name,Email,Discord,Patron Status,Follows You,Free Member,Free Trial,Lifetime Amount,Pledge Amount,Charge Frequency,Tier,Addressee,Street,City,State,Zip,"
            + "Country,Phone,Patronage Since Date,Last Charge Date,Last Charge Status,Additional Details,User ID,Last Updated,Currency,Max Posts,Access Expiration,"
            + "Next Charge Date,Full country name\n"
            + $"\"{Says("Rosa Marsh").Replace("\"", "\"\"")}\",mo@example.org,,Active patron,No,No,No,108.00,3.00,monthly,\"{Says("Bronze").Replace("\"", "\"\"")}\",,,,,,,,"
            + "2023-11-16 19:48:49.231776,2026-01-10 19:48:49,Paid,,71073489,2026-01-12 10:00:00.111043,EUR,2,,2026-02-10 12:00:00,\n"
            + $"\"{Says("Vik Berg").Replace("\"", "\"\"")}\",\"{Says("not an address").Replace("\"", "\"\"")}\",,Active patron,No,No,No,108.00,3.00,monthly,Bronze,,,,,,,,"
            + "2023-11-16 19:48:49.231776,2026-01-10 19:48:49,Paid,,71073490,2026-01-12 10:00:00.111043,EUR,2,,2026-02-10 12:00:00,\n";
        var import = (await Upload(Ada, "/ada-makes/import", "form[enctype]", [("file", Says("members") + ".csv")], ("csv", csv))).Location!;
        Addresses["import/id"] = import.Split('/')[^1];
        await Ada.Post(import + "/start");
        await App.Drain();
        Addresses.Leads("/{vanity}/membership/confirm", "/ada-makes/membership/confirm");
        var move = (await Must(Ada, "/ada-makes/sandbox", "main form", ("leap", "month"))).Location!;
        Addresses["moves/moveId"] = move.Split('/')[^1];
        await App.Drain();
        Addresses["runs/id"] = $"{await Id("SELECT MAX(id) FROM billing_run")}";
        Addresses["receipts/chargeId"] = $"{await Id($"SELECT MIN(id) FROM charge WHERE patron_id = {Lin.Id}")}";
        await Publish("/ada-makes", "members", ("title", Says("By mail")), ("teaser", Says("In short")), ("markdown", Markdown(Tells)), ("by_mail", "true"));
        await Opal.Post("/operator/payments/compare");
        await App.Drain();
    }

    private async Task Keep()
    {
        var campaign = await Id("SELECT id FROM campaign WHERE vanity = 'ada-makes'");
        var said = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(said, Lin.Id);
        BinaryPrimitives.WriteInt64BigEndian(said.AsSpan(8), campaign);
        var off = WebEncoders.Base64UrlEncode(App.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("Stipend.Mailings.Off.1").Protect(said));
        Addresses.Leads("/mail/off/{token}", "/mail/off/" + off);
        Addresses["mailbox/id"] = $"{await Id("SELECT MAX(id) FROM captured_mail")}";
        Addresses["mail/id"] = Addresses.Value("posts/id");
        Addresses.Leads("/operator/people", "/operator/people?q=" + Lin.Id.ToString(CultureInfo.InvariantCulture));
        Addresses.Leads("/dev/campaign", "/dev/campaign?colour=1f7a6c");
    }
}
