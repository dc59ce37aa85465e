using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Posts.Contracts;
using Stipend.Vault.Contracts;

namespace Stipend.EndToEnd;

/// <summary>A creator with something of everything, a member of the lowest tier and an operator: what pages are looked at with.</summary>
internal sealed record World(Actor Ada, Actor Lin, Actor Opal, CampaignInfo Campaign, TierInfo Studio, IReadOnlyDictionary<string, string> Posts)
{
    /// <summary>Open to everybody, with a picture and headings.</summary>
    public string Open => Posts["The otter swims"];

    /// <summary>Closed to the member, with nothing but a teaser.</summary>
    public string Locked => Posts["All nine sheets of plans"];

    /// <summary>Closed to the member below its paywall line.</summary>
    public string Preview => Posts["How to cut a gear by hand"];

    /// <summary>With sound, film, pictures, a file, a poll and comments.</summary>
    public string Full => Posts["Rehearsal in the boathouse"];

    public string EditFull => $"/ada-makes/posts/{IdOf(Full)}/edit";

    /// <param name="site">Fresh.</param>
    /// <param name="browser">Paints the pictures.</param>
    /// <param name="isShown">With pictures as large as creators upload them; without, they are small and soon painted.</param>
    public static async Task<World> Make(TestApp site, IBrowser browser, bool isShown = false)
    {
        var opal = await site.Operator();
        var (ada, lin) = (await site.SignUp("Ada Byron"), await site.SignUp("Lin Chen"));
        var campaign = await site.In(s => s.GetRequiredService<ICampaigns>().Create(new NewCampaign(ada.Id, "ada-makes", "Ada makes",
            "Clockwork animals that walk, swim and occasionally escape.", "EUR", "Europe/Berlin", BillingModel.MonthlyAnniversary, 1, Sandbox: true, Published: true)
        {
            Accent = "2f6f8f",
            About = "I build machines that pretend to be animals, one a season, and show how each part is made.\n\nEverything is drawn to scale, so that you can build your own.",
        }));
        var tiers = new List<TierInfo>();
        foreach (var (name, text, benefits, price, seats) in new (string, string, string, long, int?)[]
        {
            ("Friend", "You keep the workshop warm.", "Every post a week early\nYour name on the wall", 300, null),
            ("Studio", "For those who want to build along.", "Everything Friends get\nThe plans, to scale\nA recording of every rehearsal", 800, null),
            ("Patron", "You choose the next animal with me.", "Everything in Studio\nA say in what comes next\nA printed drawing each season", 2500, 12),
        }) tiers.Add(await site.In(s => s.GetRequiredService<ICampaigns>().AddTier(new NewTier(campaign.Id, name, text, benefits, price, seats))));
        await Dress(ada, browser, isShown ? 400 : 40);
        await site.In(s => s.GetRequiredService<IGrants>().Open(
            [new NewGrant(campaign.BookId, lin.Id, campaign.Id, tiers[0].Id, GrantSource.Paid, site.Time.Now, null, "test", 1)]));

        var pictures = new List<string>();
        for (var seed = 1; seed <= 3; seed++) pictures.Add(await Upload(ada, await Painting.Jpeg(browser, isShown ? 1280 : 128, isShown ? 800 : 80, seed)));
        var posts = new Dictionary<string, string>();
        async Task Publish(string title, string text, Audience audience, string teaser = "", int daysAgo = 0)
        {
            var id = await site.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada.Id, title, text, audience, false,
                daysAgo == 0 ? null : site.Time.Now - Duration.FromDays(daysAgo), teaser)));
            posts[title] = (await ada.Get($"/ada-makes/posts/{id}")).Location!;
        }
        var studio = Audience.Tiers(tiers[1].Id, tiers[2].Id);
        await Publish("Why I make animals", "It began with a broken clock and a very patient dog.\n\n" + Long, Audience.Public, daysAgo: 40);
        await Publish("The otter swims", $"After four weeks of leaks the otter made three lengths of the bath **without help**.\n\n![The otter in the bath]({pictures[0]})\n\n{Long}", Audience.Public, daysAgo: 20);
        await Publish("All nine sheets of plans", Long, studio, "Every part of the otter, to scale, with the list of materials.", 12);
        await Publish("How to cut a gear by hand", $"You need a file, a vice and an afternoon. Everything else is patience.\n\n![The first gear]({pictures[1]})\n\nMark the circle first, and do not trust the compass.\n\n[[paywall]]\n\n{Long}", studio, daysAgo: 5);
        await Publish("Rehearsal in the boathouse", $"We played the second movement to the ducks.\n\n![The boathouse]({pictures[2]})\n\n{Long}", Audience.Members);
        var full = IdOf(posts["Rehearsal in the boathouse"]);
        await Attach(site, campaign, ada, full, await Painting.Jpeg(browser, isShown ? 640 : 64, isShown ? 480 : 48, 4));
        await ada.Submit(await ada.Open($"/ada-makes/posts/{full}/edit"), "form.composer", ("action", "publish"), ("tags", "otters, music"),
            ("poll_question", "Which animal next?"), ("poll_options", "A heron\nA mole\nA very small bear"));
        await lin.Post($"/comments/on/{full}", ("body", "The ducks look unimpressed. Did you record the third movement too?"));
        await ada.Post("/ada-makes/posts/new", ("action", "save"), ("title", "A draft about herons"), ("markdown", "Herons stand."), ("audience", "public"));
        await ada.Post("/ada-makes/collections/new", ("title", "The otter, from the first screw"), ("description", "Twelve weeks in the order they happened. Begin here."));
        foreach (var title in new[] { "Why I make animals", "The otter swims", "All nine sheets of plans", "How to cut a gear by hand" })
            await ada.Post("/ada-makes/collections/the-otter-from-the-first-screw/posts", ("action", "add"), ("post", IdOf(posts[title])));
        await ada.Post("/ada-makes/collections/new", ("title", "Music"));
        await ada.Post("/ada-makes/collections/music/posts", ("action", "add"), ("post", full));
        if (isShown) await Show(ada, campaign, pictures, Publish);
        await site.Drain();
        return new World(ada, lin, opal, campaign, tiers[1], posts);
    }

    /// <summary>What is worth a picture and nothing a test asks about: a gallery with a video, and a podcast.</summary>
    private static async Task Show(Actor ada, CampaignInfo campaign, List<string> pictures, Func<string, string, Audience, string, int, Task> publish)
    {
        var gallery = string.Join('\n', pictures.Select((p, i) => $"![View {i + 1}]({p})"));
        await publish("The boathouse from all sides", $"{gallery}\n\nAnd moving:\n\nhttps://www.youtube.com/watch?v=aqz-KE-bpKQ\n\n{Long}", Audience.Public, "", 2);
        using var show = new MultipartFormDataContent();
        foreach (var (key, value) in new[] { ("title", "Music"), ("description", "What the boathouse hears on Sundays."), ("author", "Ada Byron"),
            ("category", "Music"), ("language", "en"), ("type", "episodic") }) show.Add(new StringContent(value), key);
        ((int)(await ada.Client.PostAsync($"/{campaign.Vanity}/collections/music/podcast", show)).StatusCode).ShouldBe(303);
    }

    public static long IdOf(string path) => long.Parse(path.Split('/')[^1].Split('-')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static async Task Dress(Actor ada, IBrowser browser, int height)
    {
        var (_, fields) = (await ada.Open("/ada-makes/edit")).Form("form[enctype]");
        using var body = new MultipartFormDataContent();
        foreach (var (key, value) in fields) body.Add(new StringContent(value), key);
        body.Add(Picture(await Painting.Jpeg(browser, height * 4, height, 7)), "banner", "banner.jpg");
        body.Add(Picture(await Painting.Jpeg(browser, height, height, 9)), "logo", "logo.jpg");
        ((int)(await ada.Client.PostAsync("/ada-makes/edit", body)).StatusCode).ShouldBe(303);
    }

    private static async Task<string> Upload(Actor ada, byte[] picture)
    {
        using var body = new MultipartFormDataContent { { Picture(picture), "picture", "picture.jpg" } };
        var answer = await ada.Client.PostAsync("/ada-makes/posts/pictures", body);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("url").GetString()!;
    }

    private static ByteArrayContent Picture(byte[] bytes) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg") } };

    /// <summary>A file of each kind; the sound and the film do not play.</summary>
    private static Task Attach(TestApp site, CampaignInfo campaign, Actor ada, long post, byte[] picture) => site.In(async s =>
    {
        foreach (var (name, bytes) in new (string, byte[])[]
        {
            ("Second movement.mp3", [.. "ID3"u8, .. new byte[4_000_000]]), ("Ducks.webm", [0x1A, 0x45, 0xDF, 0xA3, .. "webm"u8, .. new byte[100_000]]),
            ("The stage.jpg", picture), ("Score.pdf", [.. "%PDF-1.4 %%EOF"u8]),
        })
        {
            using var content = new MemoryStream(bytes);
            await s.GetRequiredService<IVault>().Take(campaign, ada.Id, "post", post, name, content);
        }
    });

    private const string Long = """
        The trick was to give up on *rubber* altogether and let the tail move in its own sleeve of water. It is quieter, too: a machine that
        swims should not sound like one.

        ## What went wrong

        Everything, in [a good order](https://example.org/order). First the seals, then the spring, then the seals again.

        - Seals made of leather swell.
        - Springs made of steel rust.

        > A machine that swims is mostly a machine that does not sink.
        """;
}
