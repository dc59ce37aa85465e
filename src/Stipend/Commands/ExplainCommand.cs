using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Commands;

/// <summary>Tells what is open to a person at a campaign, and the facts that led there.</summary>
internal static class ExplainCommand
{
    private sealed record Line(string For, bool Open, string Reason, Instant? Until);

    private sealed record Answer(long PersonId, string Person, string Campaign, bool Sandbox, Instant Now, IReadOnlyList<Line> Access,
        IReadOnlyList<ExplainedFact> Facts);

    public static Command Build()
    {
        var person = new Argument<string>("person") { Description = "The person's mail address or id" };
        var vanity = new Option<string>("--campaign") { Description = "The campaign's address, such as ada-makes", Required = true };
        var json = new Option<bool>("--json") { Description = "Answer as JSON" };
        var command = new Command("explain", "Why a person can or cannot see what a campaign has behind its tiers")
            { person, vanity, json };
        command.SetAction((parsed, ct) => CliHost.Run(parsed, async (services, cancel) =>
        {
            var answer = await Explain(services, parsed.GetValue(person)!, parsed.GetValue(vanity)!, cancel);
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(answer, Json.Options));
            else Write(answer, Console.Out);
            return ExitCode.Ok;
        }, ct));
        return command;
    }

    private static async Task<Answer> Explain(IServiceProvider services, string person, string vanity, CancellationToken ct)
    {
        var people = services.GetRequiredService<IPeople>();
        var campaign = await services.GetRequiredService<ICampaigns>().FindByVanity(vanity.TrimStart('/'), ct)
            ?? throw Refusal.Invalid("unknown_campaign",
                $"There is no campaign “{vanity}”. Give the last part of its page's address, such as ada-makes.");
        var found = long.TryParse(person, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? await people.Find(id, ct) : await people.FindByEmail(person, ct);
        if (found is null) throw Refusal.Invalid("unknown_person",
            $"Nobody here is “{person}”. Give a mail address as they signed up with, or an id.");
        var why = services.GetRequiredService<IWhy>();
        var access = (await why.Standings(found.Id, campaign.Id, ct))
            .Select(s => new Line(s.Tier?.Name ?? "All members", s.Decision.IsOpen, s.Decision.Reason.Words(), s.Until)).ToList();
        return new Answer(found.Id, found.Name, campaign.Vanity, campaign.IsSandbox,
            await services.GetRequiredService<Books>().Now(campaign.BookId, ct), access, await why.Explain(found.Id, campaign.Id, ct));
    }

    private static void Write(Answer answer, TextWriter output)
    {
        var where = answer.Campaign + (answer.Sandbox ? ", sandbox" : "");
        output.WriteLine($"{answer.Person} ({answer.PersonId}) at {where}, {At(answer.Now)}");
        output.WriteLine();
        var width = answer.Access.Max(a => a.For.Length);
        foreach (var line in answer.Access)
        {
            var until = line.Until is { } end ? $" Until {At(end)}." : "";
            output.WriteLine($"  {line.For.PadRight(width)}  {line.Reason}{until}");
        }
        output.WriteLine();
        if (answer.Facts.Count == 0) output.WriteLine("  Nothing ever happened between them.");
        foreach (var fact in answer.Facts) output.WriteLine($"  {At(fact.At)}  {fact.Text}");
    }

    private static string At(Instant at) => at.ToString("uuuu-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
