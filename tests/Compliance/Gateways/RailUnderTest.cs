using Microsoft.Extensions.DependencyInjection;
using Stipend.Billing.Gateways;
using Stipend.Billing.Gateways.Transfers;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.TestGateway;

namespace Stipend.Compliance.Gateways;

/// <summary>The rail of payments made by hand over a site's database; its truth is read from the tables.</summary>
internal sealed class RailUnderTest : PlayedGateway
{
    private readonly TestApp _app;

    private RailUnderTest(TestApp app) => _app = app;

    internal static async Task<RailUnderTest> Start(Engine engine) => new(await TestApp.Start(engine));

    internal override IPaymentGateway Gateway => _app.Services.GetRequiredService<TransferRail>();
    internal override HttpClient Http => throw new NotSupportedException("Nobody speaks HTTP here.");
    internal override IGatewayTruth Truth => new Truths(_app);
    internal override GatewayOutcome NeverMade => GatewayOutcome.NotFound;
    internal override GatewayOutcome WrongKey => throw new NotSupportedException("There is no key.");
    internal override string? Code(string ours) => ours;
    internal override int Attempts(int made) => 0;
    internal override void BreakDown(int? status) => throw new NotSupportedException("It breaks with the database only.");
    protected override string Card(string ours) => TransferRail.Token;
    public override ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Somebody records what came, as the desk does: if nothing became of the order before.</summary>
    internal override void PayerDecides(string intentId, bool confirms)
    {
        if (confirms) _app.In(s => s.GetRequiredService<Db>().Execute("""
            INSERT INTO transfer_outcome (order_id, kind, received_minor, received_on, recorded_by, at)
            SELECT id, 'received', amount_minor, '2026-02-01', 7, 0 FROM transfer_order WHERE id = @id ON CONFLICT DO NOTHING
            """, default, ("id", intentId))).GetAwaiter().GetResult();
    }

    private sealed class Truths(TestApp app) : IGatewayTruth
    {
        public IReadOnlyList<Capture> Captures() => app.In(async s =>
        {
            await using var command = await s.GetRequiredService<Db>().Command("""
                SELECT o.id, o.customer_ref, o.charge_id, r.received_minor, o.currency FROM transfer_outcome r JOIN transfer_order o ON o.id = r.order_id
                WHERE r.kind = 'received'
                """);
            await using var reader = await command.ExecuteReaderAsync();
            var found = new List<Capture>();
            while (await reader.ReadAsync())
                found.Add(new Capture(reader.GetString(0), reader.GetString(1), $"{reader.GetInt64(2)}", reader.GetInt64(3), reader.GetString(4), 0, default));
            return found;
        }).GetAwaiter().GetResult();

        public IReadOnlyList<GivenBack> Refunds() => [];

        public int IntentCount() => app.In(async s =>
        {
            await using var command = await s.GetRequiredService<Db>().Command("SELECT COUNT(*) FROM transfer_order");
            return (int)(long)(await command.ExecuteScalarAsync())!;
        }).GetAwaiter().GetResult();

        public int ConfirmCount() => 0;
    }
}
