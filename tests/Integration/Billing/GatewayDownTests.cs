using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Billing.World;

namespace Stipend.Integration.Billing;

/// <summary>A gateway that is down on payday (billing.md F9, case 90): it is left alone, and nobody is dunned for it.</summary>
public sealed class GatewayDownTests
{
    [Theory, OnEveryEngine]
    public async Task A_gateway_that_does_not_answer_is_asked_little_and_everybody_is_charged_once_when_it_is_back(Engine engine)
    {
        var gateway = new Outage();
        await using var app = await TestApp.Start(engine, at: "2026-01-10", adjust: builder => builder.Services.Replace(
            ServiceDescriptor.Singleton<IPaymentGateway>(provider => gateway.Before(provider.GetRequiredService<TestGatewayClient>()))));
        var world = new World(app);
        const int Patrons = 80;
        for (var patron = 1; patron <= Patrons; patron++) await world.Start(patron, 10, BillingModel.MonthlyUpfront, Eur(500));
        await app.TravelTo("2026-01-31T22:00:00Z");

        gateway.IsDown = true;
        await app.TravelTo("2026-02-01T01:00:00Z");
        gateway.Silences.ShouldBeInRange(20, 500, "80 charges for two hours, each tried every minute, would be 9,600 calls");
        world.Captures().Count.ShouldBe(Patrons);
        var run = (await world.Runs()).ShouldHaveSingleItem();
        (run.State, run.Declined, run.Paid).ShouldBe(("collecting", 0, 0));
        run.Unknown.ShouldBeInRange(1, Patrons - 1, "most were never sent, which is not unknown");
        (await world.History(1))[0].State.ShouldBe("processing");

        gateway.IsDown = false;
        await app.TravelTo("2026-02-02T12:00:00Z");
        world.Captures().Count.ShouldBe(2 * Patrons);
        run = (await world.Runs()).ShouldHaveSingleItem();
        (run.State, run.Paid, run.Unknown).ShouldBe(("closed", Patrons, 0));
        (await world.Verify()).Passed.ShouldBeTrue();
    }

    private sealed class Outage : DelegatingGateway
    {
        private int _silences;

        public bool IsDown { get; set; }
        public int Silences => _silences;

        protected override Task<GatewayAnswer> Through(Func<Task<GatewayAnswer>> call)
        {
            if (!IsDown) return call();
            Interlocked.Increment(ref _silences);
            return Task.FromResult(GatewayAnswer.Unknown("connection refused"));
        }
    }
}
