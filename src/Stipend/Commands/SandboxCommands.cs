using System.CommandLine;
using System.Text.Json;
using Stipend.Campaigns.Contracts;
using Stipend.DevTools.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Commands;

/// <summary>A campaign's test mode from the command line: move its clock, let invited members accept, erase, look.</summary>
internal static class SandboxCommands
{
    private static readonly JsonSerializerOptions s_indented = new JsonSerializerOptions(Json.Options) { WriteIndented = true };
    private static readonly Option<string> s_campaign = new("--campaign")
        { Description = "The campaign: the last part of its address", Required = true };
    private static readonly Option<int?> s_months = new("--months")
    {
        Description = "Move the clock so many months forward, at most 24 (1 when nothing else is said)",
        CustomParser = result => Values.Whole("--months", 1, 24)(result),
    };
    private static readonly Option<int?> s_days = new("--days")
        { Description = "Move the clock so many days forward", CustomParser = result => Values.Whole("--days", 1, 731)(result) };
    private static readonly Option<LocalDate?> s_to = new("--to")
    {
        Description = "Move the clock to noon of this day, YYYY-MM-DD, in the campaign's zone",
        CustomParser = Values.Day,
        HelpName = "YYYY-MM-DD",
    };
    private static readonly Option<bool> s_yes = new("--yes") { Description = "Erase without asking" };
    private static readonly Option<bool> s_json = new("--json") { Description = "Write JSON" };

    public static Command Build()
    {
        var advance = new Command("advance", "Move a sandbox's clock, stopping at each due thing: bills, retries, scheduled posts")
            { s_campaign, s_months, s_days, s_to, s_json };
        advance.SetAction((parsed, ct) => CliHost.Run(parsed, (services, stop) => Advance(services, parsed, stop), ct));
        var accept = new Command("accept-invitations", "Confirm every invited member of a sandbox campaign with a test card")
            { s_campaign, s_json };
        accept.SetAction((parsed, ct) => CliHost.Run(parsed, (services, stop) => Accept(services, parsed, stop), ct));
        var erase = new Command("erase", "Erase a sandbox's members, bills and money; its page, tiers and posts stay")
            { s_campaign, s_yes };
        erase.SetAction((parsed, ct) => CliHost.Run(parsed, (services, stop) => Erase(services, parsed, stop), ct));
        var status = new Command("status", "Show a sandbox's clock, members and money") { s_campaign, s_json };
        status.SetAction((parsed, ct) => CliHost.Run(parsed, (services, stop) => Status(services, parsed, stop), ct));
        return new Command("sandbox", "Test mode of a campaign: its own books and its own clock") { advance, accept, erase, status };
    }

    private static async Task<int> Advance(IServiceProvider services, ParseResult parsed, CancellationToken ct)
    {
        var leap = LeapOf(parsed);
        var campaign = await Campaign(services, parsed, ct);
        await CliHost.Drain(services, ct);
        var move = await services.GetRequiredService<ISandboxes>().Advance(campaign.Id, leap, new Stops(campaign.Zone), ct);
        if (parsed.GetValue(s_json)) return Write(move);
        Console.WriteLine($"The sandbox of {campaign.Name} shows {Day(move.To, campaign)}.");
        Console.WriteLine($"The clock stopped {move.Stops} times for something due.");
        if (move.Summary is not { } s) return ExitCode.Ok;
        Console.WriteLine($"Billing: {s.Runs} days with something to charge, {s.Charges} charges: "
            + $"{s.Paid} paid, {s.Declined} declined, {s.Waiting} waiting");
        foreach (var sum in s.Earned) Console.WriteLine($"Earned:  {Money(sum.EarnedMinor, sum)}, fees {Money(sum.FeesMinor, sum)}");
        Console.WriteLine($"Members: {Describe(s.Before.Members)} before, {Describe(s.After.Members)} after");
        if (s.OpenRuns + s.Unknown + s.ParkedPatrons == 0) return ExitCode.Ok;
        await Console.Error.WriteLineAsync(
            $"stipend: {s.OpenRuns} runs are open, {s.Unknown} charges unknown, {s.ParkedPatrons} patrons parked. "
            + $"See: stipend bill status --campaign {campaign.Vanity}");
        return ExitCode.Refused;
    }

    private static Leap LeapOf(ParseResult parsed)
    {
        var (months, days, to) = (parsed.GetValue(s_months), parsed.GetValue(s_days), parsed.GetValue(s_to));
        if ((months is null ? 0 : 1) + (days is null ? 0 : 1) + (to is null ? 0 : 1) > 1)
            throw Refusal.Invalid("leap_ambiguous", "Give one of --months, --days and --to.");
        return to is null ? new Leap(months ?? (days is null ? 1 : 0), days ?? 0) : new Leap(Until: to);
    }

    private static async Task<int> Accept(IServiceProvider services, ParseResult parsed, CancellationToken ct)
    {
        var campaign = await Campaign(services, parsed, ct);
        var memberships = services.GetRequiredService<IMemberships>();
        var accepted = await memberships.AcceptInvitations(campaign.Id, new Counted(), ct);
        var runner = services.GetRequiredService<MessageRunner>();
        for (int ran, done = 0; (ran = await runner.RunDue(ct, 1_000)) > 0;) await Console.Error.WriteLineAsync($"{done += ran} jobs done");
        var counts = await memberships.Counts(campaign.Id, ct);
        if (parsed.GetValue(s_json)) return Write(new { accepted, members = counts });
        Console.WriteLine(accepted == 0 ? "Nobody is invited who has not answered."
            : $"{accepted} invited members confirmed with test cards.");
        Console.WriteLine($"Members: {Describe(counts)}");
        return ExitCode.Ok;
    }

    private static async Task<int> Erase(IServiceProvider services, ParseResult parsed, CancellationToken ct)
    {
        var campaign = await Campaign(services, parsed, ct);
        if (!parsed.GetValue(s_yes))
        {
            if (Console.IsInputRedirected)
                throw Refusal.Invalid("not_sure",
                    $"This erases all members, bills and money of the sandbox of {campaign.Name}. Say --yes to do it.");
            await Console.Error.WriteAsync(
                $"Erase all members, bills and money of the sandbox of {campaign.Name}? Type its address ({campaign.Vanity}) to do it: ");
            if (Console.ReadLine()?.Trim() != campaign.Vanity) throw Refusal.Invalid("not_sure", "Nothing was erased.");
        }
        await services.GetRequiredService<ISandboxes>().Erase(campaign.Id, ct);
        Console.WriteLine($"The sandbox of {campaign.Name} is empty. Its clock shows the present again.");
        return ExitCode.Ok;
    }

    private static async Task<int> Status(IServiceProvider services, ParseResult parsed, CancellationToken ct)
    {
        var campaign = await Campaign(services, parsed, ct);
        var status = await services.GetRequiredService<ISandboxes>().Status(campaign.Id, ct);
        if (parsed.GetValue(s_json)) return Write(status);
        Console.WriteLine(status.IsSandbox
            ? $"{campaign.Name} is in its sandbox. The clock shows {Day(status.Now, campaign)}."
            : $"{campaign.Name} is live: its members and money are real.");
        Console.WriteLine($"Book:    {(status.IsSandbox ? $"{campaign.BookId}" : "live")} (for stipend ledger show --book)");
        Console.WriteLine($"Members: {Describe(status.Standing.Members)}");
        foreach (var sum in status.Standing.Money)
            Console.WriteLine($"Earned:  {Money(sum.EarnedMinor, sum)}, fees {Money(sum.FeesMinor, sum)}");
        foreach (var next in status.NextRuns) Console.WriteLine($"Next billing day: {Columns.Iso(next.On)} ({next.ZoneId})");
        if (status.LastMove is { } last)
            Console.WriteLine($"Last move of the clock: to {Day(last.To, campaign)}, {Columns.Of(last.State)}"
                + (last.Note is null ? "" : $" — {last.Note}"));
        return ExitCode.Ok;
    }

    private static async Task<CampaignInfo> Campaign(IServiceProvider services, ParseResult parsed, CancellationToken ct)
    {
        var vanity = parsed.GetValue(s_campaign)!;
        return await services.GetRequiredService<ICampaigns>().FindByVanity(vanity, ct)
            ?? throw Refusal.Invalid("unknown_campaign", $"There is no campaign “{vanity}”. Give the last part of its page's address, such as ada-makes.");
    }

    private static string Day(Instant at, CampaignInfo campaign) => Columns.Iso(at.InZone(campaign.Zone).Date);
    private static string Money(long minor, EarnedSum sum) => new Money(minor, Currency.Of(sum.Currency)).ToString();
    private static string Describe(MemberCounts m) =>
        $"{m.Paid} paying, {m.Free} free, {m.Declined} declined, {m.Invited} invited, {m.Former} former";

    private static int Write<T>(T value)
    {
        Console.WriteLine(JsonSerializer.Serialize(value, s_indented));
        return ExitCode.Ok;
    }

    /// <summary>Tells each day the clock reaches, once.</summary>
    private sealed class Stops(DateTimeZone zone) : IProgress<Instant>
    {
        private LocalDate _told;

        public void Report(Instant value)
        {
            var day = value.InZone(zone).Date;
            if (day == _told) return;
            _told = day;
            Console.Error.WriteLine($"The clock shows {Columns.Iso(day)}");
        }
    }

    private sealed class Counted : IProgress<int>
    {
        public void Report(int value) => Console.Error.WriteLine($"{value} invitations accepted");
    }
}
