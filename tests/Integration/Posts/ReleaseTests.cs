using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Apps;
using Stipend.Integration.Vault;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Stipend.Vault.Contracts;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>Releases in steps and backlog policies: every reader asks the one gate, so all of them open and close together.</summary>
public sealed class ReleaseTests
{
    private const string Canary = "Xochimilco";
    private const string Above = "Tezcatlipoca";

    [Theory, OnEveryEngine]
    public async Task Every_reader_opens_step_by_step_and_keeps_to_the_backlog(Engine engine)
    {
        await using var stage = await ApiStage.Start(engine, "2026-01-15");
        var (app, campaign) = (stage.App, stage.Campaign);
        var walk = new Walk(stage, await Upload(stage));
        var (studio, friend, free, late) = (await app.SignUp("studio"), await app.SignUp("friend"), await app.SignUp("free"), await app.SignUp("late"));
        var from = app.Time.Now - Duration.FromDays(1);
        await walk.Grant(studio, stage.Studio, from);
        await walk.Grant(friend, stage.Friend, from);
        await walk.Grant(free, null, from);
        var start = app.Time.Now;
        walk.Post = await walk.Publishes(new Release(Audience.Tiers(stage.Studio.Id),
        [
            new(start + Duration.FromDays(2), Audience.PaidMembers), new(start + Duration.FromDays(4), Audience.Public),
        ]));
        await walk.Attach();
        var visitor = app.Visitor();

        (await walk.SeenBy(studio, friend, free, visitor)).ShouldBe("yes no no no");
        (await walk.Api()).ShouldBe("tiers");
        (await visitor.Open($"/ada/posts/{walk.Post}")).Text.ShouldContain("Opens to all paid members on January 17, 2026, 12:00");
        await app.TravelTo("2026-01-17T11:59:59Z");
        (await walk.SeenBy(studio, friend, free, visitor)).ShouldBe("yes no no no");
        await app.TravelTo("2026-01-17T12:00:00Z");
        (await walk.SeenBy(studio, friend, free, visitor)).ShouldBe("yes yes no no");

        // Who comes now does not get what came out before, from the moment the creator says so.
        await app.In(s => s.GetRequiredService<IBacklogs>().Set(stage.Friend, new Backlog(BacklogKind.SinceJoining)));
        await walk.Grant(late, stage.Friend, app.Time.Now);
        (await walk.SeenBy(studio, friend, late, visitor)).ShouldBe("yes yes no no");
        (await late.Open($"/ada/posts/{walk.Post}")).Text.ShouldContain("It came out before what your tier opens.");
        await app.In(s => s.GetRequiredService<IBacklogs>().Set(stage.Friend, new Backlog(BacklogKind.LastMonths, 1)));
        (await walk.SeenBy(friend, late)).ShouldBe("yes yes");
        await app.In(s => s.GetRequiredService<IBacklogs>().Set(stage.Friend, new Backlog(BacklogKind.AfterPaidMonths, 1)));
        (await walk.SeenBy(friend, late)).ShouldBe("yes no");

        await app.TravelTo("2026-01-19");
        (await walk.SeenBy(studio, friend, free, late, visitor)).ShouldBe("yes yes yes yes yes");
        (await walk.Api()).ShouldBe("public");
    }

    [Theory, OnEveryEngine]
    public async Task The_composer_takes_steps_without_script_and_refuses_what_is_no_waterfall(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        (string, object?)[] steps =
        [
            ("title", "Plans"), ("markdown", "x"), ("audience", "tiers"), ("tiers", stage.Big.Id), ("step1_at", "2026-02-01T09:00"),
            ("step1_audience", "paid_members"), ("step2_at", "2026-03-01T09:00"), ("step2_audience", "public"),
        ];
        (await stage.Ada.Post("/ada-makes/posts/new", [("action", "save"), .. steps])).Status.ShouldBe(HttpStatusCode.SeeOther);
        var post = await stage.Scalar<long>("SELECT id FROM post");
        var edit = await stage.Ada.Open($"/ada-makes/posts/{post}/edit");
        var fields = edit.Form("form.composer").Fields;
        (fields["step1_at"], fields["step1_audience"], fields["step2_audience"], fields["step3_at"]).ShouldBe(("2026-02-01T09:00", "paid_members", "public", ""));

        async Task<string> Refused(params (string, object?)[] changes)
        {
            var answer = await stage.Ada.Submit(edit, "form.composer", [("action", "save"), .. changes]);
            ((int)answer.Status).ShouldBe(422, answer.Text);
            return answer.Find("#form-problem")!.TextContent;
        }
        (await Refused(("step1_audience", "public"), ("step2_audience", "members"))).ShouldContain("only ever opens a post to more people");
        (await Refused(("step2_at", "2026-02-01T09:00"))).ShouldContain("follow each other in time");
        (await Refused(("step1_at", ""))).ShouldContain("Say from when on");
        (await Refused(("publish_at", "2026-02-10T09:00"))).ShouldContain("comes before the post itself");
        (await Refused(("tiers", ""))).ShouldContain("Choose at least one tier");

        (await stage.Ada.Submit(edit, "form.composer", ("action", "publish"), ("step1_at", ""), ("step1_audience", ""))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await stage.Count("release_step")).ShouldBe(3, "two of the draft, one of what was published: rules are never changed");
    }

    [Theory, OnEveryEngine]
    public async Task A_creator_says_per_tier_how_far_back_it_opens(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var page = await stage.Ada.Open("/ada-makes/backlog");
        (await stage.Ada.Submit(page, "main form", ($"kind-{stage.Small.Id}", "last_months"))).Text.ShouldContain("Say how many months.");
        (await stage.Ada.Submit(page, "main form", ($"kind-{stage.Small.Id}", "last_months"), ($"months-{stage.Small.Id}", 3)))
            .Status.ShouldBe(HttpStatusCode.SeeOther);
        (await stage.App.In(s => s.GetRequiredService<IBacklogs>().Of(stage.Campaign.Id))).ShouldBe(
            new Dictionary<long, Backlog> { [stage.Small.Id] = new(BacklogKind.LastMonths, 3) });
        (await stage.Ada.Open("/ada-makes/backlog")).Form().Fields[$"months-{stage.Small.Id}"].ShouldBe("3");
        (await (await stage.App.SignUp("eve")).Get("/ada-makes/backlog")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    private static async Task<string> Upload(ApiStage stage)
    {
        var file = new ByteArrayContent(Pictures.Png);
        file.Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("image/png");
        var answer = await stage.Ada.Client.PostAsync("/ada/posts/pictures", new MultipartFormDataContent { { file, "picture", "a.png" } });
        return System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("url").GetString()!;
    }

    /// <summary>Looks at a post the way every reader does, and expects all ways to agree.</summary>
    private sealed class Walk(ApiStage stage, string image)
    {
        private readonly Dictionary<Actor, string> _feeds = [];
        private long _cause = 900;

        private string? _file;

        public long Post { get; set; }

        public async Task Attach()
        {
            using var bytes = new MemoryStream(Files.Mp3());
            _file = (await stage.App.In(s => s.GetRequiredService<IVault>().Take(stage.Campaign, stage.Ada.Id, "post", Post, "song.mp3", bytes))).Path;
        }

        public Task Grant(Actor actor, TierInfo? tier, Instant from) => stage.App.In(s => s.GetRequiredService<IGrants>().Open(
            [new NewGrant(stage.Campaign.BookId, actor.Id, stage.Campaign.Id, tier?.Id, tier is null ? GrantSource.Free : GrantSource.Paid, from, null,
                "test", ++_cause)]));

        public Task<long> Publishes(Release release) => stage.App.In(s => s.GetRequiredService<IPosts>().Publish(
            new NewPost(stage.Campaign.Id, stage.Ada.Id, "The plans", $"The {Above} is for all.\n\n[[paywall]]\n\nThe {Canary} is here.\n\n![drawn]({image})", release.First, false, null, "Nine sheets.")
            { Later = release.Later }));

        public async Task<string> SeenBy(params Actor[] readers)
        {
            var seen = new List<string>();
            foreach (var reader in readers) seen.Add(await Sees(reader) ? "yes" : "no");
            return string.Join(' ', seen);
        }

        /// <summary>Whom an app in the creator's name is told the post is for.</summary>
        public async Task<string> Api() => (await stage.Get(stage.Client.Access, $"posts/{Post}?fields[post]=is_public")).Data
            .GetProperty("attributes").GetProperty("is_public").GetBoolean() ? "public" : "tiers";

        private async Task<bool> Sees(Actor reader)
        {
            var feed = await Feed(reader);
            var open = (await reader.Open($"/ada/posts/{Post}")).Body.Contains(Canary);
            foreach (var surface in new[] { "/ada", $"/ada/search?q={Canary.ToLower(CultureInfo.InvariantCulture)}", feed, feed.Replace(".xml", ".json") })
            {
                var body = (await reader.Open(surface)).Body;
                (body.Contains(Canary) || (surface.Contains("search") && body.Contains("<mark>"))).ShouldBe(open, $"{reader.Name} at {surface}");
            }
            foreach (var surface in new[] { $"/ada/posts/{Post}", $"/ada/search?q={Above}", feed, feed.Replace(".xml", ".json") }) // above the line all is open to all
                (await reader.Open(surface)).Body.ShouldContain(Above, Case.Sensitive, $"{reader.Name} at {surface}");
            if (reader.Id != 0) (await reader.Open("/home")).Body.Contains(Canary).ShouldBe(open, $"{reader.Name} at home");
            ((await reader.Get(image)).Status == HttpStatusCode.OK).ShouldBe(open, $"{reader.Name} and the picture");
            ((await reader.Get(_file!)).Status == HttpStatusCode.OK).ShouldBe(open, $"{reader.Name} and the recording");
            (await stage.App.In(s => s.GetRequiredService<IPostDoors>().Find(Post, reader.Id == 0 ? null : reader.Id)))!.Decision.IsOpen.ShouldBe(open,
                $"{reader.Name} and what hangs on a post");
            return open;
        }

        private async Task<string> Feed(Actor reader)
        {
            if (reader.Id == 0) return "/ada/feed.xml";
            if (_feeds.TryGetValue(reader, out var known)) return known;
            var page = await reader.Post("/account/feeds", ("name", "Phone"), ("campaign", "ada"));
            return _feeds[reader] = new Uri(page.Find("input[name='rss-0']")!.GetAttribute("value")!).PathAndQuery;
        }
    }
}
