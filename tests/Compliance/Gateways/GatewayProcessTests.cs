using System.Diagnostics;
using Shouldly;
using Stipend.Billing.Gateways;
using Stipend.TestGateway;
using Xunit;
using static Stipend.Billing.Gateways.GatewayOutcome;

namespace Stipend.Compliance.Gateways;

/// <summary>The gateway as a real process that is killed: what it said it captured stays captured, and a lookup tells the rest.</summary>
public sealed class GatewayProcessTests : IDisposable
{
    private const int Charges = 120;
    private static readonly ParallelOptions s_eight = new() { MaxDegreeOfParallelism = 8 };
    private readonly string _folder = Directory.CreateTempSubdirectory("stipend-killed-").FullName;
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task After_a_kill_every_answered_success_is_kept_and_every_unknown_one_is_told_by_the_lookup()
    {
        var answers = new GatewayAnswer[Charges];
        string customer;
        using (var running = await Run())
        {
            var (process, http) = running;
            var gateway = new TestGatewayClient(http);
            customer = (await gateway.CreateCustomer(1, "c", Ct)).Id!;
            var method = (await gateway.AddMethod(customer, "card_pays", "m", Ct)).Id!;
            var done = 0;
            await Parallel.ForEachAsync(Enumerable.Range(0, Charges), s_eight, async (i, ct) =>
            {
                if (Interlocked.Increment(ref done) == Charges / 2) process.Kill();
                var bytes = gateway.Prepare(new ChargeRequest(i, customer, method, new Money(500, Currency.Of("EUR")),
                    new LocalDate(2026, 1, 31)));
                answers[i] = await gateway.Send(bytes, $"k{i}", ct);
            });
            await process.WaitForExitAsync(Ct);
        }

        answers.ShouldContain(answer => answer.Outcome == Succeeded);
        answers.ShouldContain(answer => answer.Outcome == Unknown); // else the kill came too late to test anything
        using var truth = new TestGatewayStore(Path.Combine(_folder, "test-gateway.db"));
        using (var running = await Run())
        {
            var (process, http) = running;
            var gateway = new TestGatewayClient(http);
            for (var i = 0; i < Charges; i++)
            {
                var found = await gateway.FindByCharge(customer, i, Ct);
                found.Outcome.ShouldBe(truth.CapturesByCharge().ContainsKey($"{i}") ? Succeeded : NotFound);
                if (answers[i].Outcome == Succeeded) found.Id.ShouldBe(answers[i].Id);
            }
            process.Kill();
            await process.WaitForExitAsync(Ct);
        }
        truth.CapturesByCharge().Values.ShouldAllBe(captures => captures.Count == 1);
    }

    private async Task<Running> Run()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "stipend.dll"), "test-gateway", "--urls", "http://127.0.0.1:0",
                "--data", _folder },
        };
        var process = Process.Start(start)!;
        var address = await Line(process, "The test gateway is at ");
        var key = await Line(process, "Its key is ");
        return new Running(process, BillingGateways.Client(new SocketsHttpHandler(), new Uri(address), key));
    }

    private static async Task<string> Line(Process process, string start)
    {
        var line = await process.StandardOutput.ReadLineAsync(Ct) ?? "";
        line.ShouldStartWith(start);
        return line[start.Length..];
    }

    private sealed record Running(Process Process, HttpClient Http) : IDisposable
    {
        public void Dispose()
        {
            Http.Dispose();
            if (!Process.HasExited) Process.Kill();
            Process.Dispose();
        }
    }
}
