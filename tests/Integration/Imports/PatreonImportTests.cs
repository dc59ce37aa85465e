using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Imports.Contracts;
using Stipend.Imports.Model;
using Stipend.Integration.Memberships;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Imports;

public sealed class PatreonImportTests
{
    private const string Header =
    "Name,Email,Patron Status,Lifetime Amount,Pledge Amount,Tier,Currency,Max Posts,Access Expiration,Next Charge Date,User ID\n";

    internal static string Sample(string file) => Path.Combine(AppContext.BaseDirectory, "Imports", "data", file);

    private static Task<ImportReport> Import(TestApp app, string path, string vanity, bool dryRun = false,
        IProgress<ImportProgress>? progress = null, CancellationToken ct = default) =>
        app.In(s => s.GetRequiredService<IImports>().Patreon(new ImportRequest(path, vanity, dryRun), progress, ct));

    private static string Write(TestApp app, string text, Encoding? encoding = null)
    {
        var path = Path.Combine(app.DataFolder, $"members-{Path.GetRandomFileName()}.csv");
        File.WriteAllText(path, text, encoding ?? new UTF8Encoding(false));
        return path;
    }

    private static Task<List<Membership>> Members(TestApp app, CampaignInfo campaign) =>
        app.In(s => s.GetRequiredService<Db>().Set<Membership>().AsNoTracking().Where(m => m.CampaignId == campaign.Id).OrderBy(m => m.Id)
            .ToListAsync());

    private static void ShouldEqualExpected(ImportReport report, string file)
    {
        using var expected = JsonDocument.Parse(File.ReadAllText(Sample("expected.json")));
        var e = expected.RootElement.GetProperty(file);
        Dictionary<string, long> Counts(string name) => e.GetProperty(name).EnumerateObject()
            .ToDictionary(p => p.Name, p => p.Value.GetInt64());
        report.Totals.Rows.ShouldBe(e.GetProperty("rows").GetInt64());
        report.Totals.ByStatus.ShouldBe(Counts("by_status"), ignoreOrder: true);
        report.Totals.ActivePledgeMinor.ShouldBe(e.GetProperty("active_pledge_minor").GetInt64());
        report.Totals.LifetimeMinor.ShouldBe(e.GetProperty("lifetime_minor").GetInt64());
        report.Totals.ByTierActive.ShouldBe(Counts("by_tier_active"), ignoreOrder: true);
        report.Totals.FreeMembers.ShouldBe(e.GetProperty("free_members").GetInt64());
        report.Totals.Currency.ShouldBe(e.GetProperty("currency").GetString());
        report.Totals.DuplicateEmails.ShouldBe(e.GetProperty("duplicate_emails").GetInt64());
        var o = report.Outcomes;
        (o.Imported + o.Updated + o.Unchanged + o.Skipped).ShouldBe(report.Totals.Rows);
    }

    [Theory, OnEveryEngine]
    public async Task Every_layout_comes_in_with_its_totals_to_the_cent_and_a_second_time_changes_nothing(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-11-21");
        foreach (var (file, currency, duplicates) in ((string, string, int)[])[("members-2021-usd.csv", "USD", 0),
            ("members-2023-eur.csv", "EUR", 0), ("members-2026-usd.csv", "USD", 17)])
        {
            var campaign = await app.HasCampaign("c" + file[8..12], app.SomePerson(), currency: currency);
            var report = await Import(app, Sample(file), campaign.Vanity);
            ShouldEqualExpected(report, file);
            report.Outcomes.Skipped.ShouldBe(duplicates);
            report.TiersCreated.Select(t => (t.Name, t.PriceMinor)).ShouldBe(
                [("Bronze", 300), ("Silver", 700), ("Gold, with postcards", 1500), ("Studio \"behind the scenes\"", 5000)],
                ignoreOrder: true);

            var members = await Members(app, campaign);
            members.Count.ShouldBe((int)report.Outcomes.Imported);
            if (duplicates == 0)
            {
                members.Where(m => m.PaidElsewhereUntil is not null && m.Status == MembershipStatus.Invited).Sum(m => m.AmountMinor)
                .ShouldBe(report.Totals.ActivePledgeMinor);
                members.Sum(m => m.LifetimeElsewhereMinor).ShouldBe(report.Totals.LifetimeMinor);
            }
            var counts = await app.In(s => s.GetRequiredService<IMemberships>().Counts(campaign.Id));
            (counts.Paid, counts.Free + counts.Invited + counts.Former).ShouldBe((0, members.Count));

            var again = await Import(app, Sample(file), campaign.Vanity);
            again.AlreadyDone.ShouldBeTrue();
            again.Outcomes.ShouldBe(new ImportOutcomes(0, 0, members.Count, duplicates));
            ShouldEqualExpected(again, file);
            (await Members(app, campaign)).Count.ShouldBe(members.Count);
        }
        await app.Drain();
        app.Taken().ShouldBeEmpty();
        (await app.Mails()).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task The_same_people_in_another_file_are_recognised_row_by_row(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-11-21");
        var campaign = await app.HasCampaign("ada", app.SomePerson(), currency: "USD");
        await Import(app, Sample("members-2026-usd.csv"), "ada");
        var before = (await Members(app, campaign)).ConvertAll(m => (m.Id, m.Version, m.Status));
        var copy = Write(app, await File.ReadAllTextAsync(Sample("members-2026-usd.csv")) + "\n");
        var again = await Import(app, copy, "ada");
        again.AlreadyDone.ShouldBeFalse();
        again.Outcomes.ShouldBe(new ImportOutcomes(0, 0, 1183, 17));
        again.TiersCreated.ShouldBeEmpty();
        (await Members(app, campaign)).ConvertAll(m => (m.Id, m.Version, m.Status)).ShouldBe(before);
    }

    [Theory, OnEveryEngine]
    public async Task A_dry_run_says_the_same_and_writes_nothing(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-11-21");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var dry = await Import(app, Sample("members-2023-eur.csv"), "ada", dryRun: true);
        ShouldEqualExpected(dry, "members-2023-eur.csv");
        (await Members(app, campaign)).ShouldBeEmpty();
        (await app.In(s => s.GetRequiredService<ICampaigns>().Tiers(campaign.Id))).ShouldBeEmpty();
        var real = await Import(app, Sample("members-2023-eur.csv"), "ada");
        real.Outcomes.ShouldBe(dry.Outcomes);
        real.TiersCreated.ShouldBe(dry.TiersCreated);
    }

    [Theory, OnEveryEngine]
    public async Task A_wrong_currency_is_refused_before_anything_is_written_with_the_way_out(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-11-21");
        var campaign = await app.HasCampaign("ada", app.SomePerson(), currency: "EUR");
        var refusal = await Should.ThrowAsync<Refusal>(() => Import(app, Sample("members-2026-usd.csv"), "ada"));
        refusal.Code.ShouldBe("wrong_currency");
        refusal.Message.ShouldContain("Import the file into a campaign in USD");
        (await Members(app, campaign)).ShouldBeEmpty();
        (await app.In(s => s.GetRequiredService<ICampaigns>().Tiers(campaign.Id))).ShouldBeEmpty();
        (await app.In(s => s.GetRequiredService<Db>().Set<Import>().CountAsync())).ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task Who_is_here_already_is_not_changed_and_the_report_says_so(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-11-21");
        var people = await app.People("ada", "lin", "sam");
        var campaign = await app.HasCampaign("ada", people[0].Id);
        var bronze = await app.HasTier(campaign, "BRONZE", 999);
        await app.Joins(campaign, people[1].Id, bronze);
        await app.Joins(campaign, people[2].Id, null);
        var file = Write(app, Header
            + "Other Name,LIN@Example.org,Active patron,10.00,3.00,Bronze,EUR,,,2026-12-01 12:00:00,1\n"
            + "Sam,sam@example.org,Active patron,10.00,3.00,Bronze,EUR,2,,2026-12-01 12:00:00,2\n"
            + "Ada,ada@example.org,Active patron,10.00,3.00,Bronze,EUR,,,2026-12-01 12:00:00,3\n"
            + "New,new@example.org,Active patron,10.00,3.00,bronze,EUR,,,2026-12-01 12:00:00,4\n");
        var report = await Import(app, file, "ada");

        report.Outcomes.ShouldBe(new ImportOutcomes(1, 1, 1, 1));
        report.Rows.Select(r => (r.Line, r.Outcome)).ShouldBe([(2L, "unchanged"), (3L, "updated"), (4L, "skipped")]);
        report.TiersCreated.ShouldBeEmpty();
        var lin = (await app.Membership(campaign, people[1].Id))!;
        (lin.Status, lin.AmountMinor).ShouldBe((MembershipStatus.Active, 999));
        (await app.In(s => s.GetRequiredService<IPeople>().Find(people[1].Id)))!.Name.ShouldBe("lin");
        var sam = (await app.Membership(campaign, people[2].Id))!;
        (sam.Status, sam.AmountMinor, sam.Cap.Posts).ShouldBe((MembershipStatus.Invited, 300, 2));
        (await app.In(s => s.GetRequiredService<ICampaigns>().Tiers(campaign.Id))).Single().PriceMinor.ShouldBe(999);
    }

    [Theory, OnEveryEngine]
    public async Task A_newer_export_brings_the_unconfirmed_up_to_date_and_withdraws_who_left(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-11-21");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        await Import(app, Write(app, Header
            + "Lin,lin@example.org,Active patron,10.00,3.00,Bronze,EUR,,,2026-12-01 12:00:00,1\n"
            + "Sam,sam@example.org,Active patron,10.00,3.00,Bronze,EUR,,,2026-12-01 12:00:00,2\n"), "ada");
        var report = await Import(app, Write(app, Header
            + "Lin,lin@example.org,Active patron,13.00,3.00,Bronze,EUR,,,2027-01-01 12:00:00,1\n"
            + "Sam,sam@example.org,Former patron,10.00,0.00,Bronze,EUR,,,,2\n"), "ada");
        report.Outcomes.ShouldBe(new ImportOutcomes(0, 2, 0, 0));
        var members = await Members(app, campaign);
        members.Select(m => m.Status).ShouldBe([MembershipStatus.Invited, MembershipStatus.Ended]);
        members[0].PaidElsewhereUntil.ShouldBe(Instant.FromUtc(2027, 1, 1, 12, 0));
        var bronze = (await app.In(s => s.GetRequiredService<ICampaigns>().Tiers(campaign.Id))).Single();
        (await app.Opens(campaign, bronze, members[0].PersonId)).ShouldBeTrue();
        (await app.Opens(campaign, bronze, members[1].PersonId)).ShouldBeFalse();
    }

    [Theory, OnEveryEngine]
    public async Task An_import_stopped_in_the_middle_goes_on_where_it_was_committed(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-11-21");
        var campaign = await app.HasCampaign("ada", app.SomePerson(), currency: "USD");
        using var stop = new CancellationTokenSource();
        var progress = new Stopper(stop, after: 1_000);
        await Should.ThrowAsync<OperationCanceledException>(() =>
            Import(app, Sample("members-2026-usd.csv"), "ada", progress: progress, ct: stop.Token));
        var half = await Members(app, campaign);
        half.Count.ShouldBeInRange(900, 1_000);

        var report = await Import(app, Sample("members-2026-usd.csv"), "ada");
        ShouldEqualExpected(report, "members-2026-usd.csv");
        report.Outcomes.ShouldBe(new ImportOutcomes(1183, 0, 0, 17));
        (await Members(app, campaign)).Take(half.Count).Select(m => (m.Id, m.Version)).ShouldBe(half.Select(m => (m.Id, m.Version)));
    }

    private sealed class Stopper(CancellationTokenSource stop, long after) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value)
        {
            if (value.Done >= after) stop.Cancel();
        }
    }

    [Theory, OnEveryEngine]
    public async Task Awkward_files_come_in_and_broken_rows_are_named_by_line(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-11-21");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var text = (Header
            + "\"=HYPERLINK(\"\"x\"\")\",formula@example.org,Active patron,10.00,3.00,Bronze,EUR,,,2026-12-01 12:00:00,1\n"
            + "\"Two\nlines\",two@example.org,Former patron,\"1,234.50\",0.00,Bronze,EUR,,,,2\n"
            + "Broken,broken@example.org,Active patron\n"
            + "Amount,amount@example.org,Active patron,10.00,3.001,Bronze,EUR,,,,4\n"
            + "Nobody,not an address,Active patron,10.00,3.00,Bronze,EUR,,,,5\n"
            + "Status,status@example.org,Something else,10.00,3.00,Bronze,EUR,,,,6\n"
            + "Date,date@example.org,Active patron,10.00,3.00,Bronze,EUR,,,soon,7\n"
            + "\n"
            + "Last,last@example.org,Declined patron,10.00,3.00,Bronze,EUR,,,,8").Replace("\n", "\r\n");
        var report = await Import(app, Write(app, text, new UTF8Encoding(true)), "ada");
        report.Outcomes.ShouldBe(new ImportOutcomes(3, 0, 0, 5));
        report.Rows.Select(r => r.Line).ShouldBe([5L, 6, 7, 8, 9]);
        report.Rows.ShouldAllBe(r => r.Reason.Length > 10);
        report.Totals.LifetimeMinor.ShouldBe(1000 + 123450 + 1000);
        report.Totals.ByStatus["(unreadable)"].ShouldBe(5);
        var members = await Members(app, campaign);
        var formula = await app.In(s => s.GetRequiredService<IPeople>().Find(members[0].PersonId));
        formula!.Name.ShouldBe("=HYPERLINK(\"x\")");
        var last = members[^1];
        (last.Status, last.PaidElsewhereUntil).ShouldBe((MembershipStatus.Invited, null)); // declined there: invited, without access
        (await app.OpensToMembers(campaign, last.PersonId)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("", "file_empty", "empty")]
    [InlineData(Header, "file_empty", "no members")]
    [InlineData("Name,Email,Patron Status,Lifetime Amount,Pledge Amount,Currency\n", "missing_column", "“Tier”")]
    [InlineData("Name;Email;Patron Status;Lifetime Amount;Pledge Amount;Tier;Currency\n", "wrong_separator", "semicolons")]
    [InlineData(Header + "\"never closed,a@example.org\n", "file_unreadable", "quotation mark")]
    public async Task A_file_that_is_no_members_export_is_refused_in_one_sentence(string text, string code, string says)
    {
        await using var app = await TestApp.Start(Engine.Sqlite, "2026-11-21");
        await app.HasCampaign("ada", app.SomePerson());
        var refusal = await Should.ThrowAsync<Refusal>(() => Import(app, Write(app, text), "ada"));
        (refusal.Code, refusal.Message.Contains(says, StringComparison.Ordinal)).ShouldBe((code, true), refusal.Message);
        (await Should.ThrowAsync<Refusal>(() => Import(app, "/no/such/file.csv", "ada"))).Code.ShouldBe("file_unreadable");
        (await Should.ThrowAsync<Refusal>(() => Import(app, Write(app, text), "nobody"))).Code.ShouldBe("not_found");
    }

    [Theory, OnEveryEngine]
    public async Task A_row_with_what_no_database_keeps_or_no_calendar_has_is_named_and_the_others_come_in(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-11-21");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var report = await Import(app, Write(app, Header
            + "Nul,nul@example.org,Active patron,10.00,3.00,Bronze,EUR,,,2026-12-01 12:00:00,\0001\n"
            + "Nul,\0nul2@example.org,Active \0patron,10.00,3.00,Bronze,EUR,,,2026-12-01 12:00:00,2\n"
            + "Far,far@example.org,Active patron,10.00,3.00,Bronze,EUR,,9999-12-31 23:59:59,,3\n"
            + "Early,early@example.org,Active patron,10.00,3.00,Bronze,EUR,,,0001-01-01 00:00:00,4\n"
            + "Lin,lin@example.org,Active patron,10.00,3.00,Bronze,EUR,,,2026-12-01 12:00:00,5\n"), "ada");
        report.Outcomes.ShouldBe(new ImportOutcomes(1, 0, 0, 4));
        report.Rows.Select(r => r.Line).ShouldBe([2L, 3, 4, 5]);
        (await Members(app, campaign)).ShouldHaveSingleItem().Status.ShouldBe(MembershipStatus.Invited);
    }

    [Fact]
    public async Task A_hundred_thousand_rows_are_looked_at_and_the_broken_one_is_named_by_its_line()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, "2026-11-21");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var text = new StringBuilder(Header.ReplaceLineEndings("\r\n"));
        for (var n = 1; n <= 100_000; n++)
            text.Append(n == 50_000 ? "\"Cut\nshort\",cut@example.org\r\n"
                : $"Patron {n},p{n}@example.org,Active patron,10.00,3.00,Bronze,EUR,,,2026-12-01 12:00:00,{n}\r\n");
        var report = await Import(app, Write(app, text.ToString(), new UTF8Encoding(true)), "ada", dryRun: true);
        report.Outcomes.ShouldBe(new ImportOutcomes(99_999, 0, 0, 1));
        report.Rows.Where(r => r.Outcome == "skipped").Select(r => r.Line).ShouldBe([50_001L]);
        report.Totals.ActivePledgeMinor.ShouldBe(99_999 * 300);
        (await Members(app, campaign)).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task In_the_browser_a_file_is_looked_at_first_then_imported_as_a_job_that_can_be_left(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-11-21");
        var people = await app.People("ada", "eve");
        var campaign = await app.HasCampaign("ada", people[0].Id);
        (await people[1].Get("/ada/import")).Status.ShouldBe(System.Net.HttpStatusCode.NotFound);
        (await people[0].Open("/ada/import")).Text.ShouldContain("Upload and look");

        var wrong = await Upload(people[0], Sample("members-2021-usd.csv"));
        wrong.StatusCode.ShouldBe(System.Net.HttpStatusCode.UnprocessableEntity);
        (await wrong.Content.ReadAsStringAsync()).ShouldContain("Import the file into a campaign in USD");

        var path = (await Upload(people[0], Sample("members-2023-eur.csv"))).Headers.Location!.OriginalString;
        var look = await people[0].Open(path);
        look.Text.ShouldContain("Nothing is written yet");
        look.Text.ShouldContain("€4,005.00");
        (await Members(app, campaign)).ShouldBeEmpty();

        (await people[0].Submit(look, "main form")).Location.ShouldBe(path);
        (await people[0].Get(path)).Response.Headers.GetValues("Refresh").ShouldBe(["2"]);
        await app.Drain();
        var done = await people[0].Open(path);
        done.Text.ShouldContain("Nobody has been charged");
        done.Response.Headers.Contains("Refresh").ShouldBeFalse();
        (await Members(app, campaign)).Count.ShouldBe(640);
        Directory.GetFiles(Path.Combine(app.DataFolder, "imports")).ShouldBeEmpty();
    }

    private static async Task<HttpResponseMessage> Upload(Actor actor, string file)
    {
        using var content = new MultipartFormDataContent { { new ByteArrayContent(await File.ReadAllBytesAsync(file)), "file",
        Path.GetFileName(file) } };
        return await actor.Client.PostAsync("/ada/import", content);
    }
}
