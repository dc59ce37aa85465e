using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Vault.Contracts;

namespace Stipend.EndToEnd;

/// <summary>
/// Opens pages at phone, tablet and desk width, light and dark, and holds them to what can be measured: nothing wider than the window,
/// everything named, text that can be read. The pictures are kept in <c>screenshots/</c> for a person to look at:
/// <c>dotnet test tests/EndToEnd --filter Looks</c>.
/// </summary>
public sealed class Looks(Chromium chromium) : Journey(chromium)
{
    private static readonly string[] s_parts = ["/dev/components", "/dev/campaign", "/dev/post"];
    private static readonly string[] s_visitors = ["/", "/sign-in", "/sign-up", "/nothing/is/here"];
    private static readonly string[] s_members = ["/billing", "/billing/cards"];
    private static readonly string[] s_creators =
        ["/create", "/dashboard", "/ada-makes", "/ada-makes/edit", "/ada-makes/tiers", "/ada-makes/tiers/new", "/ada-makes/why"];
    private static readonly string[] s_operators = ["/operator", "/operator/runs", "/operator/ledger", "/operator/messages",
        "/operator/people"];
    private static readonly (int Width, bool Dark)[] s_views = [(390, false), (390, true), (768, true), (1440, false), (1440, true)];

    /// <summary>Nobody looks at CI's, and taking them is most of the work.</summary>
    private static readonly bool s_keepsPictures = Environment.GetEnvironmentVariable("CI") != "true";

    [Fact]
    public Task Every_part_fits_the_window_is_named_and_can_be_read() => Look(s_parts, null);

    [Fact]
    public Task Pages_for_visitors_fit_the_window_are_named_and_can_be_read() => Look(s_visitors, null);

    [Fact]
    public async Task Pages_for_members_fit_the_window_are_named_and_can_be_read() => await Look(s_members, await Site.SignUp("Lin Chen"));

    [Fact]
    public async Task Pages_for_creators_fit_the_window_are_named_and_can_be_read()
    {
        var ada = await Site.SignUp("Ada Byron");
        var campaign = await Site.HasCampaign("ada-makes", ada.Id, sandbox: true);
        foreach (var (name, price) in new[] { ("Friend", 300L), ("Studio", 800L), ("Patron", 2500L) })
            await Site.HasTier(campaign, name, price);
        await Look(s_creators, ada);
        await Look(["/", "/ada-makes"], null);
    }

    [Fact]
    public async Task Pages_of_apps_fit_the_window_are_named_and_can_be_read()
    {
        var (ada, lin) = (await Site.SignUp("Ada Byron"), await Site.SignUp("Lin Chen"));
        var campaign = await Site.HasCampaign("ada-makes", ada.Id);
        var made = await ada.Submit(await ada.Open("/ada-makes/apps"), "main form", ("name", "Door bot"), ("api_version", "2"),
            ("description", "Opens the chat to members"), ("redirect_uris", "https://bot.example.org/callback"));
        var asked = $"/oauth2/authorize?response_type=code&client_id={made.Find("#client-id")!.TextContent}&scope=identity%20identity%5Bemail%5D"
            + "&redirect_uri=https%3A%2F%2Fbot.example.org%2Fcallback";
        await lin.Submit(await lin.Open(asked), "main form", ("decision", "allow"));
        await Look(["/ada-makes/apps", (await ada.Open("/ada-makes/apps")).Find("main table a")!.GetAttribute("href")!], ada);
        await Look([asked, "/account/apps"], lin);

        await lin.Submit(await lin.Open("/account/tokens"), "main form", ("name", "Nightly copy"), ("scopes", "posts.read"));
        (int, bool)[] two = [(390, false), (1440, true)];
        await Look(["/account/tokens"], lin, two);
        await Look(["/api/reference"], null, (390, false)); // long, and all of one kind
        var hook = await ada.Does("/ada-makes/webhooks", "main form", ("uri", "https://bot.example.org/webhooks/stipend?room=everybody"), ("triggers", "members:create"));
        await lin.Post("/ada-makes/join");
        await Site.Drain();
        await Site.In(s => s.GetRequiredService<Db>().Execute("UPDATE webhook SET failures = 2, due_at = @at", default, ("at", Site.Time.Now + Duration.FromHours(3))));
        await Site.In(s => s.GetRequiredService<Db>().Execute("""
            UPDATE webhook_delivery SET attempts = 2, answer_status = 503, answer = '{"error":"The bot is asleep"}', took_ms = 84, attempted_at = created_at
            """));
        await Look(["/ada-makes/webhooks", hook, (await ada.Open(hook)).Find("main table a")!.GetAttribute("href")!], ada, two);
    }

    [Fact]
    public async Task Pages_around_posts_fit_the_window_are_named_and_can_be_read()
    {
        var (ada, lin) = (await Site.SignUp("Ada Byron"), await Site.SignUp("Lin Chen"));
        var campaign = await Site.HasCampaign("ada-makes", ada.Id);
        var (friend, studio) = (await Site.HasTier(campaign, "Friend", 300), await Site.HasTier(campaign, "Studio", 800));
        await Site.In(s => s.GetRequiredService<IBacklogs>().Set(friend, new Backlog(BacklogKind.LastMonths, 6)));
        await Site.In(s => s.GetRequiredService<IGrants>().Open([new NewGrant(campaign.BookId, lin.Id, campaign.Id, studio.Id, GrantSource.Paid,
            Site.Time.Now, null, "test", 1)]));
        var now = Site.Time.Now;
        var post = await Site.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada.Id, "Nine sheets of plans",
            "Here they are.", Audience.Tiers(studio.Id), false, null, "The first drawings of the machine.")
            { Later = [new(now + Duration.FromDays(7), Audience.PaidMembers), new(now + Duration.FromDays(30), Audience.Public)] }));
        await Site.Drain();
        var path = (await ada.Get($"/ada-makes/posts/{post}")).Location!;
        await lin.Post($"/comments/on/{post}", ("body", "The third sheet is my favourite. Did you draw it by hand?\n\nSee https://example.org/gears for how others did it."));
        var thread = await Site.In(async s =>
        {
            await using var command = await s.GetRequiredService<Stipend.Platform.Data.Db>().Command("SELECT MIN(id) FROM comment");
            return (long)(await command.ExecuteScalarAsync())!;
        });
        await ada.Post($"/comments/on/{post}", ("body", "By hand, with a borrowed ruler."), ("parent", thread));
        await ada.Post($"/comments/{thread}/moderate", ("action", "pin"));
        await lin.Post($"/comments/on/{post}", ("body", "And when does the next one come?"));
        await Look([path], lin);
        await Look([$"/ada-makes/posts/{post}/edit", $"/comments/{thread}"], ada);
    }

    [Fact]
    public async Task Pages_of_mails_and_of_the_library_fit_the_window_are_named_and_can_be_read()
    {
        var (ada, lin) = (await Site.SignUp("Ada Byron"), await Site.SignUp("Lin Chen"));
        var campaign = await Site.HasCampaign("ada-makes", ada.Id);
        await lin.Post("/ada-makes/join");
        await Site.Drain();
        var post = await Publish(campaign, ada, "The otter swims, and how it came to that after four weeks", Text, Audience.Members);
        await WithFiles(campaign, ada, post);
        await Site.Drain();
        await Site.In(s => s.GetRequiredService<Db>().Execute("INSERT INTO mail_bounce (person_id, address_hash, answer, since) VALUES (@lin, @hash, @said, 1)",
            default, ("lin", lin.Id), ("hash", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{lin.Id} {lin.Email.ToLowerInvariant()}")))),
            ("said", "550 5.1.1 The mailbox you tried to reach does not exist, or not any more")));
        await Site.In(s => s.GetRequiredService<Db>().Execute("""
            INSERT INTO mailing_recipient (post_id, person_id, id, book_id, state, attempts, due_at, changed_at)
            SELECT post_id, 7, 7, 1, 'unknown', 1, 1, 1 FROM mailing UNION ALL SELECT post_id, 8, 8, 1, 'sent', 1, 1, 1 FROM mailing
            UNION ALL SELECT post_id, 9, 9, 1, 'left_out', 1, 1, 1 FROM mailing
            """));
        await lin.Post($"/posts/{post}/save", ("saved", "true"));
        var player = (await lin.Open($"/ada-makes/posts/{post}")).Find("s-player:has(audio)")!.GetAttribute("src")!;
        await lin.Post(player, ("at", "754"), ("of", "1800"));
        var link = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(link, lin.Id);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(link.AsSpan(8), campaign.Id);
        var off = Convert.ToBase64String(Site.Services.GetRequiredService<Microsoft.AspNetCore.DataProtection.IDataProtectionProvider>()
            .CreateProtector("Stipend.Mailings.Off.1").Protect(link)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        // Each once: their parts are looked at in every size elsewhere.
        await Look(["/account/mail", "/library?show=playing", "/library?show=files"], lin, (390, true));
        await Look(["/ada-makes/mail"], ada, (1440, false));
        await Look([$"/mail/off/{off}"], null, (390, false));
    }

    [Fact]
    public async Task Pages_for_operators_fit_the_window_are_named_and_can_be_read() => await Look(s_operators, await Site.Operator());

    [Fact]
    public async Task Pages_of_posts_fit_the_window_are_named_and_can_be_read()
    {
        var (ada, lin) = (await Site.SignUp("Ada Byron"), await Site.SignUp("Lin Chen"));
        var campaign = await Site.HasCampaign("ada-makes", ada.Id, sandbox: true, model: BillingModel.PerCreation);
        var studio = await Site.HasTier(campaign, "Studio", 800);
        var open = await Publish(campaign, ada, "The otter swims", Text, Audience.Public, charge: true);
        var closed = await Publish(campaign, ada, "Plans for the otter, all nine sheets", Text, Audience.Tiers(studio.Id),
            teaser: "Every part, to scale, with the list of materials.");
        foreach (var post in new[] { open, closed }) await WithFiles(campaign, ada, post);
        await Publish(campaign, ada, "Members’ letter", Text, Audience.Members);
        await Publish(campaign, ada, "Next month: the heron", "Soon.", Audience.Public, at: Site.Time.Now + Duration.FromDays(20));
        await Look(["/ada-makes/posts/new", "/ada-makes/posts", "/ada-makes/posts?state=scheduled", $"/ada-makes/posts/{open}/edit",
            $"/ada-makes/posts/{open}/delete"], ada);
        await Look(["/ada-makes", $"/ada-makes/posts/{open}", $"/ada-makes/posts/{closed}", "/ada-makes/search?q=otter"], null);
        await Look(["/home"], lin);
    }

    /// <summary>One file of each kind; nothing in them plays.</summary>
    private Task WithFiles(CampaignInfo campaign, Actor author, long post) => Site.In(async s =>
    {
        foreach (var (name, bytes) in new (string, byte[])[]
        {
            ("Rehearsal of the second movement.mp3", [.. "ID3"u8, .. new byte[4_000_000]]), ("otter.webm", [0x1A, 0x45, 0xDF, 0xA3, .. "webm"u8, .. new byte[100_000]]),
            ("otter.png", Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")),
            ("all nine sheets, to scale, with the list of materials and of what went wrong with each.pdf", "%PDF-1.4 %%EOF"u8.ToArray()),
        })
        {
            using var content = new MemoryStream(bytes);
            await s.GetRequiredService<IVault>().Take(campaign, author.Id, "post", post, name, content);
        }
    });

    private const string Text = """
        After four weeks of leaks the otter made three lengths of the bath **without help**. The trick was to give up on *rubber* altogether and let the
        tail move in its own sleeve of water.

        ## What went wrong

        Everything, in [a good order](https://example.org/order). First the seals, then the spring, then the seals again.

        - Seals made of leather swell.
        - Springs made of steel rust.

        > A machine that swims is mostly a machine that does not sink.

        | part | material |
        |---|---|
        | seal | cork |

        `otter --swim` and that was it.
        """;

    private Task<long> Publish(CampaignInfo campaign, Actor author, string title, string text, Audience audience, bool charge = false,
        Instant? at = null, string teaser = "") =>
        Site.In(s =>
            s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, author.Id, title, text, audience, charge, at, teaser)));

    [Theory, InlineData("ffff00"), InlineData("0a0a0a"), InlineData("ff69b4"), InlineData("ffffff")]
    public async Task Any_accent_a_creator_picks_leaves_the_page_readable(string colour)
    {
        foreach (var dark in new[] { false, true })
        {
            var page = await Visitor(dark: dark);
            await page.GotoAsync("/dev/campaign?colour=" + colour);
            (await Inspection.Faults(page)).ShouldBeEmpty();
        }
    }

    private async Task Look(string[] paths, Actor? person, params (int Width, bool Dark)[] views)
    {
        var faults = new List<string>();
        var page = await Visitor();
        if (person is not null) await SignIn(page, person);
        foreach (var path in paths)
            foreach (var theme in (views.Length > 0 ? views : s_views).GroupBy(view => view.Dark, view => view.Width))
            {
                await page.EmulateMediaAsync(new() { ColorScheme = theme.Key ? ColorScheme.Dark : ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
                await Resize(page, theme.First());
                await page.GotoAsync(path);
                foreach (var width in theme)
                {
                    await Resize(page, width);
                    faults.AddRange(from fault in await Inspection.Faults(page) select $"{path} at {width}{(theme.Key ? " dark" : "")}: {fault}");
                    if (s_keepsPictures)
                        await page.ScreenshotAsync(new() { Path = Inspection.Picture((person?.Name ?? "") + path, width, theme.Key), FullPage = true });
                }
            }
        faults.Distinct().ShouldBeEmpty();
    }

    private static Task Resize(IPage page, int width) => page.SetViewportSizeAsync(width, width < 500 ? 844 : 900);
}
