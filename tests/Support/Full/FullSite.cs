using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Support.Full;

/// <summary>
/// A site with something of everything, made through its own forms: an operator, a creator with a page in test mode and one with real money, a member
/// of each, and whatever they can write, buy and connect. What every text says is the caller's to choose.
/// </summary>
public sealed partial class FullSite
{
    private readonly Func<string, bool, string> _given;

    private FullSite(TestApp app, Func<string, bool, string> given)
    {
        (App, _given) = (app, given);
        Addresses = new(this);
        Visitor = app.Visitor();
    }

    public TestApp App { get; }
    public Addresses Addresses { get; }
    public Actor Visitor { get; }
    public Actor Opal { get; private set; } = null!;
    public Actor Ada { get; private set; } = null!;
    public Actor Lin { get; private set; } = null!;

    /// <summary>Pays by bank transfer, waits for leave to become a creator, has set up half an authenticator and is asked to confirm an import.</summary>
    public Actor Mo { get; private set; } = null!;

    /// <summary>Is asked for a code after the password.</summary>
    public Actor Pat { get; private set; } = null!;

    /// <summary>Members first: a page that several see is seen by whom it is for.</summary>
    public IReadOnlyList<Actor> People => [Lin, Mo, Ada, Opal, Visitor];

    /// <summary>What a site must be started with.</summary>
    public static void Configure(WebApplicationBuilder builder) => builder.Configuration.AddInMemoryCollection(
    [
        new("Stipend:Site:IsDevelopment", "true"), new("Stipend:Billing:TransferTo", "Club of Testland\nDE00 1234"),
        new("Stipend:Comments:PerMinute", "1000"),
    ]);

    /// <param name="app">Fresh, started with <see cref="Configure"/>.</param>
    /// <param name="given">Turns an ordinary text into the one to be typed, and is told whether its field takes a long one; a short one takes 60 characters.</param>
    public static async Task<FullSite> Make(TestApp app, Func<string, bool, string>? given = null)
    {
        var site = new FullSite(app, given ?? ((text, _) => text));
        await site.Arrive();
        await site.OpenPages();
        await site.Write();
        await site.Join();
        await site.Talk();
        await site.Connect();
        await site.PassAMonth();
        await site.Keep();
        return site;
    }

    private async Task Arrive()
    {
        var setup = await App.SetupLink();
        Addresses.Leads("/setup/{token}", setup);
        Opal = new Actor(App, "Opal", "opal@example.org", App.Client()) { Password = "seven quiet otters" };
        await Opal.Does(setup, "main form", ("site", Says("Testland")), ("name", Says("Opal")), ("email", Opal.Email), ("password", Opal.Password));
        (Ada, Lin, Mo) = (await SignUp("Ada Byron", "ada@example.org"), await SignUp("Lin Chen", "lin@example.org"), await SignUp("Mo Adeyemi", "mo@example.org"));
        await Lin.Does("/account", "form[action='/account/name']", ("name", Says("Lin Chen")));
    }

    private async Task<Actor> SignUp(string name, string email) => await App.SignUp(Says(name), email);

    private async Task OpenPages()
    {
        foreach (var (vanity, more) in new[] { ("ada-makes", "A workshop"), ("ada-sells", "A shop") })
        {
            await Must(Ada, "/create", "main form", ("name", Says(more)), ("vanity", vanity), ("summary", Says("Clockwork animals")), ("currency", "EUR"),
                ("zone", "Europe/Berlin"), ("model", "monthly_anniversary"), ("bill_day", "1"));
            await Upload(Ada, $"/{vanity}/edit", "form[enctype]", [("banner", Says("banner") + ".png"), ("logo", Says("logo") + ".png")],
                ("name", Says(more)), ("summary", Says("Clockwork animals that walk")), ("about", Tells("I build machines.\n\nThey walk.")), ("own_colour", "true"));
            foreach (var (name, price) in new[] { ("Reader", "4"), ("Maker", "9") })
                await Must(Ada, $"/{vanity}/tiers/new", "main form", ("name", Says(name)), ("price", price), ("description", Says("For friends")),
                    ("benefits", Says("Plans") + "\n" + Says("Recordings")));
            await Ada.Post($"/{vanity}/publish");
        }
        var (tiers, sold) = (await Tiers("ada-makes"), await Tiers("ada-sells")); // a new page has some already; these are the last
        await Must(Ada, $"/ada-makes/tiers/{tiers[^2].Id}", "main form", ("name", Says("Reader")), ("description", Says("For friends")));
        (Addresses["/vanity"], Addresses["tiers/id"], Addresses["join/tierId"]) = ("ada-makes", $"{tiers[^2].Id}", $"{tiers[^1].Id}");
        await Ada.Post("/ada-sells/sandbox/live", ("sure", "true"));
        Addresses.Leads("/{vanity}/sandbox/back", "/ada-sells/sandbox/back");
        Addresses.Leads("/checkout/{vanity}", "/checkout/ada-makes");
        _sold = sold[^1];
    }

    private TierInfo _sold = null!;

    private Task<IReadOnlyList<TierInfo>> Tiers(string vanity) => App.In(async s =>
    {
        var campaigns = s.GetRequiredService<ICampaigns>();
        return await campaigns.Tiers((await campaigns.FindByVanity(vanity))!.Id);
    });

    private string Says(string text) => _given(text, false);

    private string Tells(string text) => _given(text, true);

    /// <summary>Fills in a form; it must be taken.</summary>
    private static async Task<Page> Must(Actor actor, string path, string form, params (string Name, object? Value)[] fields)
    {
        var answer = await actor.Submit(await actor.Open(path), form, fields);
        return (int)answer.Status is 200 or 303 ? answer
            : throw new InvalidOperationException($"{path} with {string.Join(", ", fields.Select(f => f.Name))} answered {answer.Status}: {answer.Find(".alert, .field-error")?.TextContent ?? answer.Text}");
    }

    private static async Task<Page> Upload(Actor actor, string path, string form, (string Field, string Name)[] files,
        params (string Name, object? Value)[] fields)
    {
        var page = await actor.Open(path);
        var (action, values) = page.Form(form);
        foreach (var (name, value) in fields) values[name] = $"{value}";
        using var body = new MultipartFormDataContent();
        foreach (var (name, value) in values) body.Add(new StringContent(value), name);
        foreach (var (field, name) in files)
        {
            var bytes = new ByteArrayContent(name.EndsWith(".csv", StringComparison.Ordinal) ? System.Text.Encoding.UTF8.GetBytes($"{fields[0].Value}") : s_picture);
            bytes.Headers.ContentType = new("application/octet-stream");
            bytes.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"{field}\"; filename=\"x\"; filename*=UTF-8''{Uri.EscapeDataString(name)}");
            body.Add(bytes);
        }
        var answer = await Page.Of(await actor.Client.PostAsync(action.Length == 0 ? path : action, body));
        return (int)answer.Status is 200 or 303 ? answer : throw new InvalidOperationException($"{path} answered {answer.Status}: {answer.Text}");
    }

    private Task Sql(string sql, params (string, object?)[] parameters) => App.In(s => s.GetRequiredService<Db>().Execute(sql, default, parameters));

    private Task<long> Id(string sql) => App.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command(sql, default);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    });

    private static readonly byte[] s_picture =
        Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
}
