using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Billing.Runs;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Billing.World;

namespace Stipend.Integration.Billing;

/// <summary>The alarm when no run has closed in time, on a site on which nothing opens runs (billing.md §1.6).</summary>
public sealed class OverdueTests
{
    [Theory, OnEveryEngine]
    public async Task A_run_that_is_missing_or_does_not_close_alarms_the_operator_once_a_day(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var opal = await app.Operator();
        var world = new World(app);
        await Is(app, opal, late: null); // nobody has pledged anything
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500));
        await app.TravelTo("2026-01-20");
        await Is(app, opal, late: null);

        app.Time.Now = TestApp.Moment("2026-01-21T22:59:00Z"); // the run of the 21st began at 23:00 the evening before, in Berlin
        await Is(app, opal, late: null);
        app.Time.Now = TestApp.Moment("2026-01-21T23:01:00Z");
        await Is(app, opal, late: "missing");
        for (var i = 0; i < 3; i++) await Ring(app);
        app.Time.Now = TestApp.Moment("2026-01-22T09:00:00Z");
        for (var i = 0; i < 3; i++) await Ring(app);
        (await Alarms(app)).ShouldBe(2, "one for each day, however often it is looked");

        await app.TravelTo("2026-01-23"); // the jobs run again
        await Is(app, opal, late: null);
        await Ring(app);
        (await Alarms(app)).ShouldBe(0);

        await world.Card(1, "card_breaks"); // one whose answer has to be waited for
        await app.TravelTo("2026-01-31T23:00:01Z");
        (await world.Runs()).ShouldHaveSingleItem().State.ShouldBe("collecting");
        app.Time.Now = TestApp.Moment("2026-02-01T23:30:00Z");
        await Is(app, opal, late: "collecting");
        await app.TravelTo("2026-02-05");
        await Is(app, opal, late: null);
    }

    [Theory, OnEveryEngine]
    public async Task The_watch_looks_by_itself_when_the_site_starts(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        await app.Operator();
        await new World(app).Start(1, 10, BillingModel.MonthlyArrears, Eur(500));
        await app.Drain();
        app.Time.Now = TestApp.Moment("2026-01-15");
        using var watch = ActivatorUtilities.CreateInstance<RunWatch>(app.Services, new PumpOptions(Enabled: true));
        var told = app.Services.GetRequiredService<WakeUp>().Next;
        await watch.StartAsync(default);
        await told.WaitAsync(TimeSpan.FromSeconds(30));
        await watch.StopAsync(default);
        (await Alarms(app)).ShouldBe(1);

        // By the real clock, which is later still.
        var doctor = await Cli.Run(["doctor", "--data", app.DataFolder, .. app.Database is { } database ? (string[])["--database", database] : []]);
        doctor.Code.ShouldBe(1);
        doctor.Output.ShouldContain("the first is of 2026-01-11 in Europe/Berlin and is missing");
    }

    private static Task Ring(TestApp app) => app.In(s => s.GetRequiredService<RunAlarm>().Ring(default));

    /// <summary>Alarm mails on their way; none is sent here, since no messages run.</summary>
    private static Task<long> Alarms(TestApp app) => app.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command(
            "SELECT COUNT(*) FROM message WHERE topic = 'SendMail' AND status = 'pending' AND dedupe_key LIKE 'overdue:%'");
        return (long)(await command.ExecuteScalarAsync())!;
    });

    /// <summary>The overview and the monitor's address say the same.</summary>
    private static async Task Is(TestApp app, Actor opal, string? late)
    {
        (await app.In(s => s.GetRequiredService<IBillingRuns>().Overdue())).Select(r => r.State).ShouldBe(late is null ? [] : [late]);
        var page = await opal.Open("/operator");
        if (late is null) page.Text.ShouldNotContain("Billing is late");
        else page.Text.ShouldContain("Billing is late");
        using var client = app.Client();
        (await client.GetAsync(new Uri("/health/concerns", UriKind.Relative))).StatusCode
            .ShouldBe(late is null ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable);
        (await client.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
