using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Search;
using Stipend.Support;
using Xunit;

namespace Stipend.Compliance.Search;

/// <summary>What every search index promises, word for word the same on each engine.</summary>
public sealed class SearchIndexCompliance
{
    private const long Campaign = 11, Other = 12, Open = 1, Closed = 2;
    private static readonly Instant s_day = Instant.FromUtc(2026, 1, 1, 0, 0);

    [Theory, OnEveryEngine]
    public async Task Words_beginnings_and_phrases_are_found(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await Put(app, 1, "The otter swims", "", "After four weeks it made three lengths of the bath.");
        await Put(app, 2, "Plans", "", "The heron swims badly; the otter sleeps.");
        (await Find(app, "otter", Open)).ShouldBe([1, 2]); // a hit in the title comes first
        (await Find(app, "leng", Open)).ShouldBe([1]);
        (await Find(app, "\"otter swims\"", Open)).ShouldBe([1]);
        (await Find(app, "\"leng\"", Open)).ShouldBeEmpty();
        (await Find(app, "otter heron", Open)).ShouldBe([2]);
        (await Find(app, "\"swims after\"", Open)).ShouldBeEmpty(); // no phrase runs from the title into the text
        (await Find(app, "walrus", Open)).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task Accents_and_letter_case_make_no_difference(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await Put(app, 1, "Crème brûlée", "", "Straße nach ŁÓDŹ, Ærø, ΟΔΟΣ, 東京の猫, Vietnam: tiếng Việt, кофе Ёлка");
        foreach (var typed in new[] { "creme", "CRÈME", "brulee", "strasse", "lodz", "aero", "οδος", "京の", "猫", "tieng", "viet", "КОФЕ",
            "елка" })
            (await Find(app, typed, Open)).ShouldBe([1], typed);
        (await Find(app, "京東", Open)).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task Operators_quotes_and_broken_text_are_harmless(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await Put(app, 1, "Rock and roll", "", "NEAR the end OR not, it's 100% \"fine\"");
        foreach (var typed in new[]
        {
            "\"", "\"\"\"", "'", "';DROP TABLE post_search;--", "rock*", "*", "-rock", "^rock", "title:rock", "{title}:rock", "(rock",
                "rock)", "rock AND", "AND", "NEAR(rock roll, 2)",
            "rock:*A", "rock & !roll", "rock <-> roll", "a:b:c", "\\", "\\'", "\0rock", "\uD83E", "%", "_", "rock\u2028roll",
                new string('"', 150), new string('a', 5000), "@title", "$1", "?", "{0}",
        })
            (await Find(app, typed, Open)).Count.ShouldBeLessThanOrEqualTo(1, typed);
        (await Find(app, "rock*", Open)).ShouldBe([1]);
        (await Find(app, "roll NOT rock", Open)).ShouldBe([1]); // “not” is a word, and it is there
        (await Find(app, "it’s", Open)).ShouldBe([1]);
    }

    [Theory, OnEveryEngine]
    public async Task A_closed_text_cannot_be_found_by_its_words_only_by_title_and_teaser(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await Put(app, 1, "A secret", "about walking", "the treasure lies under the oak", Closed);
        (await Find(app, "secret", Open)).ShouldBe([1]);
        (await Find(app, "walking", Open)).ShouldBe([1]);
        (await Find(app, "treasure", Open)).ShouldBeEmpty();
        (await Find(app, "secret treasure", Open)).ShouldBeEmpty();
        (await Find(app, "tre", Open)).ShouldBeEmpty();
        (await Find(app, "treasure")).ShouldBeEmpty();
        (await Find(app, "secret treasure", Open, Closed)).ShouldBe([1]);
    }

    [Theory, OnEveryEngine]
    public async Task A_rule_may_open_the_texts_of_some_times_and_not_of_others(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        for (var day = 0; day < 6; day++) await Put(app, 1 + day, $"Day {day}", "", "an otter", at: s_day + Duration.FromDays(day));
        DatedSpan Days(int from, int until) => new(s_day + Duration.FromDays(from), s_day + Duration.FromDays(until));
        var some = new OpenRule(Open, [Days(0, 1), Days(3, 5)]);
        async Task<List<long>> Found(params OpenRule[] rules) =>
            (await app.In(s => Index(s).Find([Campaign], rules, SearchQuery.Parse("otter"), null, 50))).Select(h => h.PostId).ToList();
        (await Found(some)).ShouldBe([5, 4, 1]);
        (await Found(new OpenRule(Open, [new DatedSpan(s_day + Duration.FromDays(4), Instant.MaxValue)]), OpenRule.Whole(Closed))).ShouldBe([6, 5]);
    }

    [Theory, OnEveryEngine]
    public async Task An_edit_replaces_and_a_removal_forgets(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await Put(app, 1, "First words", "", "about herons");
        await Put(app, 1, "Other words", "", "about otters");
        (await Find(app, "herons", Open)).ShouldBeEmpty();
        (await Find(app, "first", Open)).ShouldBeEmpty();
        (await Find(app, "otters", Open)).ShouldBe([1]);
        await app.In(s => Index(s).Remove(1));
        await app.In(s => Index(s).Remove(1)); // again is nothing
        (await Find(app, "otters", Open)).ShouldBeEmpty();
        await Put(app, 1, "Back again", "", "");
        (await Find(app, "back", Open)).ShouldBe([1]);
    }

    [Theory, OnEveryEngine]
    public async Task A_rolled_back_change_never_was(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await Put(app, 1, "Kept words", "", "");
        await app.In(async s =>
        {
            await using var transaction = await s.GetRequiredService<Db>().BeginWrite();
            await Index(s).Put(Document(2, "Kept too", "", "", Open, Campaign));
            await Index(s).Remove(1);
        });
        (await Find(app, "kept", Open)).ShouldBe([1]);
    }

    [Theory, OnEveryEngine]
    public async Task Campaigns_do_not_see_each_other(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await Put(app, 1, "Otter", "", "", campaign: Campaign);
        await Put(app, 2, "Otter", "", "", campaign: Other);
        (await Find(app, "otter", Open)).ShouldBe([1]);
        (await Find(app, $"c{Other}", Open)).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task Several_campaigns_are_searched_as_one_and_no_other_with_them(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        const long third = 13, closedThere = 3;
        await Put(app, 1, "Heron", "", "an otter", Open, Campaign);
        await Put(app, 2, "Otter", "", "", Closed, Other);
        await Put(app, 3, "Otter", "", "", Open, third);
        await Put(app, 4, "Heron", "", "an otter", closedThere, Other);
        async Task<List<long>> Found(params long[] campaigns) =>
            (await app.In(s => Index(s).Find(campaigns, [OpenRule.Whole(Open)], SearchQuery.Parse("otter"), null, 50))).Select(h => h.PostId).ToList();
        (await Found(Campaign, Other)).ShouldBe([2, 1]);
        (await Found(Campaign, Other, third)).ShouldBe([2, 3, 1]);
        (await Found(Other)).ShouldBe([2]);
        (await Found()).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task Pages_follow_each_other_without_gap_or_repeat(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        for (var i = 1; i <= 25; i++) await Put(app, i, i % 3 == 0 ? "Otter in the title" : "Plain", "", "an otter in the text", at: s_day
            + Duration.FromDays(i / 2));
        var all = await app.In(s => Index(s).Find([Campaign], [OpenRule.Whole(Open)], SearchQuery.Parse("otter"), null, 100));
        all.Count.ShouldBe(25);
        all.Take(8).ShouldAllBe(h => h.InTitle);
        var paged = new List<SearchHit>();
        for (SearchHit? after = null; paged.Count < 100; after = paged[^1])
        {
            var page = await app.In(s => Index(s).Find([Campaign], [OpenRule.Whole(Open)], SearchQuery.Parse("otter"), after, 4));
            if (page.Count == 0) break;
            paged.AddRange(page);
        }
        paged.ShouldBe(all);
    }

    [Theory, OnEveryEngine]
    public async Task A_very_long_text_is_taken_and_its_end_is_found(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await Put(app, 1, "Long", "", string.Join(' ', Enumerable.Range(0, 40_000).Select(i => $"w{i % 5000}")) + " and the last pebble");
        (await Find(app, "pebble", Open)).ShouldBe([1]);
        (await Find(app, "w4999", Open)).ShouldBe([1]);
    }

    private static ISearchIndex Index(IServiceProvider services) => services.GetRequiredService<ISearchIndex>();

    private static SearchDocument Document(long id, string title, string teaser, string body, long rule, long campaign,
        Instant? at = null) =>
        new(id, campaign, rule, at ?? s_day + Duration.FromHours(100 - id), title, teaser, body);

    private static Task Put(TestApp app, long id, string title, string teaser, string body, long rule = Open, long campaign = Campaign,
        Instant? at = null) =>
        app.In(s => Index(s).Put(Document(id, title, teaser, body, rule, campaign, at)));

    private static async Task<List<long>> Find(TestApp app, string typed, params long[] open)
    {
        var query = SearchQuery.Parse(typed);
        if (query.IsEmpty) return [];
        return (await app.In(s => Index(s).Find([Campaign], open.Select(OpenRule.Whole).ToList(), query, null, 50))).Select(h => h.PostId).ToList();
    }
}
