using Microsoft.Extensions.DependencyInjection;
using Stipend.Accounts.Contracts;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;

namespace Stipend.DevTools.Demo;

/// <summary>One campaign's months: members join, change and leave, posts come out, and the clock moves from one to the next.</summary>
internal sealed class DemoStory(DemoCreator page, CampaignInfo campaign, long demoMember, SeededRandom random, IServiceScopeFactory scopes,
    TimeTravel travel)
{
    private const int Members = 40, Crowd = 120, LastDay = 110;
    private readonly List<Happening> _happenings = [];
    private readonly List<(long PersonId, string Card)> _cards = [];
    private IReadOnlyList<TierInfo> _tiers = [];
    private LocalDate _today;
    private readonly List<(long Id, string Title)> _published = [];

    private sealed record Happening(Duration At, Func<IServiceProvider, CancellationToken, Task> Do);

    public async Task Play(IProgress<string>? progress, CancellationToken ct)
    {
        var start = await In(async services =>
        {
            var now = await services.GetRequiredService<Books>().Now(campaign.BookId, ct);
            (_tiers, _today) = (await services.GetRequiredService<ICampaigns>().Tiers(campaign.Id, ct), now.InZone(campaign.Zone).Date);
            var invited = await services.GetRequiredService<IPeople>().InviteMany(Cast(), ct);
            foreach (var person in invited.OrderBy(p => p.Key, StringComparer.Ordinal)) Plan(person.Value.Id);
            PlanJoin(demoMember, Duration.FromDays(1), _tiers[Math.Min(1, _tiers.Count - 1)], null, PledgeCap.None, "card_pays");
            foreach (var post in page.Posts)
                _happenings.Add(new(Duration.FromDays(post.Day) + Duration.FromHours(9), (s, stop) => Publish(s, post, stop)));
            await services.GetRequiredService<IPaymentMethods>().AddTestCards(campaign.BookId, _cards, ct);
            return now;
        });
        var told = 0;
        foreach (var happening in _happenings.Where(h => h.At < Duration.FromDays(LastDay)).OrderBy(h => h.At))
        {
            await GoTo(start + happening.At, ct);
            await In(async services => { await happening.Do(services, ct); return true; });
            if (++told % 10 == 0) progress?.Report($"{page.Name}: day {(int)happening.At.TotalDays} of {LastDay}");
        }
        await GoTo(start + Duration.FromDays(LastDay), ct);
        if (page.Series is { } series)
            await In(services => services.GetRequiredService<IPostCollections>().Make(campaign, series.Title, series.Description,
                _published.Where(p => p.Title.StartsWith(series.TitlesBegin, StringComparison.Ordinal)).Select(p => p.Id).ToList(), ct));
        progress?.Report($"{page.Name}: day {LastDay} of {LastDay}");
    }

    /// <summary>Moves the clock to a time, or leaves it when it ticked past it while the machine was slow.</summary>
    private async Task GoTo(Instant at, CancellationToken ct)
    {
        var now = await In(services => services.GetRequiredService<Books>().Now(campaign.BookId, ct));
        await travel.Advance(campaign.BookId, Instant.Max(at, now), ct: ct);
    }

    /// <summary>Members of this campaign, drawn from a crowd that the demo's creators share, so that some support several.</summary>
    private List<NewPerson> Cast()
    {
        var numbers = new HashSet<int>();
        while (numbers.Count < Members) numbers.Add(random.Below(Crowd));
        return numbers.Select(DemoNames.Person).ToList();
    }

    private void Plan(long personId)
    {
        var day = random.Below(3) == 0 ? random.Below(4) : random.Below(95);
        var joins = Duration.FromDays(day) + Duration.FromMinutes(random.Below(1_400));
        if (random.Below(8) == 0)
        {
            _happenings.Add(new(joins, (s, ct) => Join(s, personId, null, null, PledgeCap.None, ct)));
            return;
        }
        var tier = _tiers[Math.Min(_tiers.Count - 1, random.Below(20) switch { < 10 => 0, < 17 => 1, _ => 2 })];
        long? amount = random.Below(6) == 0 ? tier.PriceMinor * 3 / 2 : null;
        PlanJoin(personId, joins, tier, amount, Cap(amount ?? tier.PriceMinor), Card(day));
        var later = joins + Duration.FromDays(20 + random.Below(45));
        switch (random.Below(14))
        {
            case < 2 when tier.Position < _tiers[^1].Position:
                var next = _tiers.First(t => t.Position > tier.Position);
                _happenings.Add(new(later, (s, ct) => Change(s, personId, next, ct)));
                break;
            case 2 when tier.Position > _tiers[0].Position:
                _happenings.Add(new(later, (s, ct) => Change(s, personId, _tiers[0], ct)));
                break;
            case 3 or 4:
                _happenings.Add(new(later, (s, ct) => Leave(s, personId, ct)));
                break;
        }
    }

    private void PlanJoin(long personId, Duration at, TierInfo tier, long? amount, PledgeCap cap, string card)
    {
        _cards.Add((personId, card));
        _happenings.Add(new(at, (s, ct) => Join(s, personId, tier, amount, cap, ct)));
    }

    private PledgeCap Cap(long amountMinor) => campaign.Model != BillingModel.PerCreation ? PledgeCap.None : random.Below(6) switch
    {
        0 or 1 => new PledgeCap(1 + random.Below(2), null),
        2 => new PledgeCap(null, amountMinor * 2),
        _ => PledgeCap.None,
    };

    /// <summary>Most cards pay; some do what cards do.</summary>
    private string Card(int joinDay) => random.Below(24) switch
    {
        0 => "card_insufficient_funds_then_pays",
        1 => "card_reply_lost_after_capture",
        2 => "card_asks_for_first_confirmation",
        3 => "card_throttled",
        4 when joinDay < 60 => "card_declines_from:" + Columns.Iso(_today.PlusDays(joinDay + 28)),
        5 or 6 when joinDay < 80 => "card_declines_from:" + Columns.Iso(_today.PlusDays(95)), // still declined when the story ends
        7 when joinDay < 30 => $"card_declines_between:{Columns.Iso(_today.PlusDays(45))}..{Columns.Iso(_today.PlusDays(68))}",
        _ => "card_pays",
    };

    private async Task Join(IServiceProvider services, long personId, TierInfo? tier, long? amount, PledgeCap cap, CancellationToken ct) =>
        await Try(services, async memberships =>
            (await memberships.Join(new NewMembership(personId, campaign.Id, tier?.Id, amount, cap), ct)).ChargeId, ct);

    private async Task Change(IServiceProvider services, long personId, TierInfo tier, CancellationToken ct) =>
        await Try(services, async memberships =>
            (await memberships.Change(new NewMembership(personId, campaign.Id, tier.Id, null, PledgeCap.None), ct)).ChargeId, ct);

    private async Task Leave(IServiceProvider services, long personId, CancellationToken ct) =>
        await Try(services, async memberships => (await memberships.Leave(personId, campaign.Id, "", ct)).ChargeId, ct);

    /// <summary>Does what a member wants and pays what it costs now. A refusal (seats taken, a payment open) is part of the
    /// story.</summary>
    private static async Task Try(IServiceProvider services, Func<IMemberships, Task<long?>> wish, CancellationToken ct)
    {
        try
        {
            if (await wish(services.GetRequiredService<IMemberships>()) is { } charge)
                await services.GetRequiredService<ICollecting>().Collect(charge, ct);
        }
        catch (Refusal)
        {
            // they read the sentence and went on with their day
        }
    }

    private async Task Publish(IServiceProvider services, DemoPost post, CancellationToken ct) => _published.Add((
        await services.GetRequiredService<IPosts>().Publish(
            new NewPost(campaign.Id, campaign.OwnerId, post.Title, post.Markdown, AudienceOf(post.For), post.Charge, null, post.Teaser), ct), post.Title));

    private Audience AudienceOf(string who) => who switch
    {
        "public" => Audience.Public,
        "members" => Audience.Members,
        "paid" => Audience.PaidMembers,
        _ => Audience.Tiers(_tiers.Where(t => t.Position >= _tiers.Single(named => named.Name == who).Position).Select(t => t.Id).ToList()),
    };

    private async Task<T> In<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }
}
