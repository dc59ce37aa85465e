using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Entitlements;

/// <summary>The pure function and the set-based query are two tellings of one rule; here they are held against each other.</summary>
public sealed class GateEqualityTests(ITestOutputHelper output)
{
    private const int Worlds = 6, People = 6;

    [Theory, OnEveryEngine]
    public async Task One_check_and_a_page_of_checks_agree_on_every_random_history(Engine engine)
    {
        var seed = int.Parse(Environment.GetEnvironmentVariable("STIPEND_SEED") ?? "20260115", CultureInfo.InvariantCulture);
        output.WriteLine($"STIPEND_SEED={seed}");
        var random = new SeededRandom(seed);
        await using var app = await TestApp.Start(engine);
        var reasons = new Dictionary<(bool, AccessReason), int>();
        var (cases, moments) = (0, engine == Engine.Sqlite ? 6 : 2); // one check at a time is slow over a socket, and the rule is the same
        for (var world = 0; world < Worlds; world++) cases += await OneWorld(app, random, world, moments, reasons);

        cases.ShouldBeGreaterThanOrEqualTo(1_000 * moments);
        output.WriteLine($"{cases} cases: " + string.Join(", ", reasons.Select(r => $"{r.Key.Item2} {r.Value}")));
        // Generated histories that never meet an answer would prove nothing about it.
        foreach (var reason in Enum.GetValues<AccessReason>()) reasons.Keys.ShouldContain(key =>
            key.Item2 == reason, $"no case answered {reason}");
    }

    private static async Task<int> OneWorld(TestApp app, SeededRandom random, int world, int moments, Dictionary<(bool, AccessReason), int> reasons)
    {
        var owner = app.SomePerson();
        var campaign = await app.HasCampaign($"world-{world}", owner, sandbox: world % 2 == 1);
        var other = await app.HasCampaign($"other-{world}", app.SomePerson());
        var tiers = new List<TierInfo> { await app.HasTier(campaign, "One", 100), await app.HasTier(campaign, "Two", 200),
            await app.HasTier(campaign, "Three", 300) };
        var foreign = await app.HasTier(other, "Elsewhere", 100);
        var people = Enumerable.Range(0, People).Select(_ => app.SomePerson()).Append(owner).ToList();
        await GiveAtRandom(app, random, campaign, other, people, tiers, foreign);

        var rules = new List<long>();
        foreach (var audience in Audiences(tiers)) rules.Add(await app.In(s => s.GetRequiredService<IGate>().Rule(campaign.Id, audience)));
        var foreignRule = rules.Count;
        rules.Add(await app.In(s => s.GetRequiredService<IGate>().Rule(other.Id, Audience.Members)));
        var now = await app.In(s => s.GetRequiredService<Books>().Now(campaign.BookId));
        foreach (var release in Waterfalls(random, tiers, now))
            rules.Add(await app.In(s => s.GetRequiredService<IGate>().Rule(campaign.Id, release)));

        var (cases, own) = (0, rules.Where((_, i) => i != foreignRule).ToList());
        for (var moment = 0; moment < moments; moment++)
        {
            await app.In(s => s.GetRequiredService<IBacklogs>().Set(tiers[random.Below(3)],
                new Backlog((BacklogKind)random.Below(4), 1 + random.Below(2))));
            var dates = new[] { Instant.MinValue, now - Duration.FromDays(random.Below(120)), now + Duration.FromHours(random.Below(120) - 60) };
            foreach (var person in people.Select(p => (long?)p).Append(null)) cases += await Compare(app, person, rules, dates, reasons);
            await app.Drain(); // whoever something became open to since is among those asked about when nobody is named
            foreach (var rule in own.Where((_, i) => i % 3 == moment % 3))
                await app.In(s => CompareMany(s.GetRequiredService<IGate>(), campaign.Id, rule, dates[1], people, owner));
            app.Time.Advance(Duration.FromHours(1 + random.Below(60)));
        }
        return cases;
    }

    /// <summary>Asked for some people at once, or for all, the gate says what it says of each; of what is public it names those who belong
    /// there. Who is mailed and told follows from it.</summary>
    private static async Task CompareMany(IGate gate, long campaignId, long rule, Instant date, List<long> people, long owner)
    {
        var (belongs, open) = (await gate.Rule(campaignId, Audience.Members), new List<long>());
        var some = people.Where((p, i) => i % 2 == 0 && p != owner).ToList();
        foreach (var person in people.Where(p => p != owner))
            if ((await gate.Check(person, belongs, Instant.MinValue)).IsOpen && (await gate.Check(person, rule, date)).IsOpen) open.Add(person);
        (await gate.OpenTo(rule, date, some)).ShouldBe(open.Intersect(some), ignoreOrder: true, $"rule {rule}, dated {date}");
        (await gate.OpenTo(rule, date)).Where(p => p != owner).ShouldBe(open, ignoreOrder: true, $"rule {rule} for all, dated {date}");
    }

    private static Task<int> Compare(TestApp app, long? person, List<long> rules, Instant[] dates,
        Dictionary<(bool, AccessReason), int> reasons) => app.In(async s =>
        {
            var gate = s.GetRequiredService<IGate>();
            var (page, undated) = (await gate.Reaches(person, rules), await gate.CheckPage(person, rules));
            foreach (var rule in rules)
                foreach (var date in dates)
                {
                    var one = await gate.Check(person, rule, date);
                    page[rule].At(date).ShouldBe(one, $"person {person}, rule {rule}, dated {date}, at {app.Time.Now}");
                    page[rule].Spans.Any(span => span.From <= date && date < span.Until).ShouldBe(one.IsOpen, $"spans, person {person}, rule {rule}");
                    if (date == Instant.MinValue) undated[rule].ShouldBe(one);
                    reasons[(one.IsOpen, one.Reason)] = reasons.GetValueOrDefault((one.IsOpen, one.Reason)) + 1;
                }
            return rules.Count * dates.Length;
        });

    /// <summary>Releases whose steps fall before, between and after the moments looked at.</summary>
    private static IEnumerable<Release> Waterfalls(SeededRandom random, List<TierInfo> tiers, Instant now)
    {
        Instant Later(int hours) => now + Duration.FromHours(hours + random.Below(60));
        yield return new Release(Audience.Tiers(tiers[2].Id), [new(Later(-40), Audience.Tiers(tiers[1].Id, tiers[2].Id)),
            new(Later(60), Audience.PaidMembers), new(Later(150), Audience.Public)]);
        yield return new Release(Audience.PaidMembers, [new(Later(20), Audience.Members)]);
    }

    private static IEnumerable<Audience> Audiences(List<TierInfo> tiers) =>
    [
        Audience.Public, Audience.Members, Audience.PaidMembers, Audience.Tiers(tiers[0].Id), Audience.Tiers(tiers[1].Id, tiers[2].Id),
        Audience.Tiers(tiers[2].Id), Audience.Tiers([.. tiers.Select(t => t.Id)]),
    ];

    /// <summary>Grants and ends around the present, on whole hours so that beginnings, ends and the present often fall together.</summary>
    private static async Task GiveAtRandom(TestApp app, SeededRandom random, CampaignInfo campaign, CampaignInfo other, List<long> people,
        List<TierInfo> tiers, TierInfo foreign)
    {
        var now = await app.In(s => s.GetRequiredService<Books>().Now(campaign.BookId));
        Instant At(int hours) => now + Duration.FromHours(random.Below(hours) - (hours / 2));
        for (var cause = 1; cause <= 25; cause++)
        {
            var person = people[random.Below(people.Count)];
            var isLong = random.Below(4) == 0; // whole months, for what opens after some
            var from = isLong ? At(200) - Duration.FromDays(20 + random.Below(80)) : At(200);
            var grant = new NewGrant(
                random.Below(8) == 0 ? Book.Live : campaign.BookId, person, random.Below(10) == 0 ? other.Id : campaign.Id,
                random.Below(3) == 0 ? null : random.Below(12) == 0 ? foreign.Id : tiers[random.Below(3)].Id,
                (GrantSource)random.Below(6), from, random.Below(3) == 0 ? null : from + Duration.FromHours(1 + random.Below(isLong ? 2_500 : 150)), "test",
                (campaign.Id % 1_000_000 * 100) + cause);
            await app.In(s => s.GetRequiredService<IGrants>().Open([grant]));
            for (var ends = random.Below(3); ends > 0; ends--)
                await app.In(s => s.GetRequiredService<IGrants>().End(grant.BookId, "test", grant.CauseRef, At(220), "ended by chance"));
        }
    }
}
