using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.TestGateway;

namespace Stipend.Simulation;

/// <summary>What can go wrong with one call.</summary>
internal enum Fault { None, LostBefore, LostAfter, Late, Twice, Garbled, Throttled, Outage, LostLookup }

/// <summary>
/// The road to the test gateway, with everything that happens on roads. The gateway at its end keeps its own truth in its own store;
/// what is done here changes only what arrives there, how often and when, and what comes back.
/// </summary>
internal sealed class FaultyGateway(SimClock clock, Crash crash) : IPaymentGateway, ITestPayers, IDisposable
{
    private readonly List<(Instant At, byte[] Request, string Key)> _onTheWay = [];
    private readonly Dictionary<string, byte[]> _sent = new(StringComparer.Ordinal);
    private TestGatewayStore? _store;
    private TestGatewayClient? _client;
    private TestGatewayCore? _core;
    private HttpClient? _http;
    private Random _dice = new(0);
    private int _percent, _sends;

    /// <summary>Which planted bug is on, if any.</summary>
    public Bug Bug { get; set; }

    /// <summary>Until when every call fails.</summary>
    public Instant OutageUntil { get; set; }

    /// <summary>Faults injected since <see cref="Fresh"/>, by class.</summary>
    public Dictionary<Fault, int> Injected { get; } = [];

    /// <summary>Calls with money in them: key, and the words of what happened. The world's trace.</summary>
    public List<string> Trace { get; } = [];

    /// <summary>The same with the keys, which differ each time a world is played: for people who look.</summary>
    public List<string> Keys { get; } = [];
    public TestGatewayStore Store => _store!;
    public TestGatewayCore Core => _core!;

    public string Name => "test";
    public IReadOnlyList<Stipend.Billing.Contracts.TestCard> Cards => _client!.Cards;

    public void Fresh()
    {
        Dispose();
        _store = new TestGatewayStore(":memory:");
        _core = new TestGatewayCore(_store, new TestGatewayOptions { PublicUrl = "/test-gateway" }, clock);
        _http = BillingGateways.Client(new InProcessHandler(_core), new Uri("http://test-gateway.internal"), _store.SecretKey);
        _client = new TestGatewayClient(_http);
        _onTheWay.Clear();
        _sent.Clear();
        Injected.Clear();
        Trace.Clear();
        Keys.Clear();
        OutageUntil = Instant.MinValue;
        (_percent, _sends) = (0, 0);
    }

    /// <summary>The chance of a fault per call from now on, and the dice that decide it.</summary>
    public void Weather(int percent, int salt) => (_percent, _dice) = (percent, new Random(salt));

    /// <summary>What was slow on the road arrives when its time has come; nobody waits for the answer any more.</summary>
    public async Task Arrive()
    {
        foreach (var late in _onTheWay.Where(l => l.At <= clock.Now).OrderBy(l => l.At).ToList())
        {
            _onTheWay.Remove(late);
            var now = clock.Now;
            clock.Now = late.At; // the gateway still knows, or has forgotten, what it would have at that time
            var answer = await _client!.Send(late.Request, late.Key, CancellationToken.None);
            clock.Now = now;
            Trace.Add($"{clock.Now} late: {answer.Outcome}");
        }
    }

    public async Task<GatewayAnswer> Send(ReadOnlyMemory<byte> prepared, string idempotencyKey, CancellationToken ct)
    {
        crash.Point(CrashPoint.BeforeCall);
        var request = prepared.ToArray();
        var key = Bug == Bug.NewKeyPerTry ? $"{idempotencyKey}:{_sends++}" : idempotencyKey;
        _sent[idempotencyKey] = request;
        var fault = Draw();
        var answer = await Do(fault, request, key, ct);
        Trace.Add($"{clock.Now} {fault}: {answer.Outcome} {answer.CapturedMinor}");
        Keys.Add($"{clock.Now} {idempotencyKey} {fault}: {answer.Outcome} {answer.Code} {answer.Message}");
        crash.Point(CrashPoint.AfterCall);
        return Misread(answer, request);
    }

    public async Task<GatewayAnswer> Lookup(string intentId, CancellationToken ct)
    {
        crash.Point(CrashPoint.BeforeCall);
        if (Bug == Bug.ResendsOldKey && await SendAgain(intentId, ct) is { } again) return again;
        if (LostOnTheWay()) return GatewayAnswer.Unknown("lost");
        var answer = await _client!.Lookup(intentId, ct);
        Trace.Add($"{clock.Now} lookup: {answer.Outcome}");
        return answer;
    }

    public async Task<GatewayAnswer> FindByCharge(string customerId, long chargeId, CancellationToken ct)
    {
        crash.Point(CrashPoint.BeforeCall);
        if (Bug == Bug.ResendsOldKey && await SendAgain($":{chargeId}:", ct) is { } again) return again;
        if (LostOnTheWay()) return GatewayAnswer.Unknown("lost");
        if (Bug == Bug.LookupFindsNothing) return new GatewayAnswer(GatewayOutcome.NotFound, ChargeId: chargeId);
        var answer = await _client!.FindByCharge(customerId, chargeId, ct);
        Trace.Add($"{clock.Now} find: {answer.Outcome}");
        return answer;
    }

    public async Task<GatewayAnswer> Cancel(string intentId, string idempotencyKey, CancellationToken ct)
    {
        crash.Point(CrashPoint.BeforeCall);
        if (Bug == Bug.CancelNotSent) return new GatewayAnswer(GatewayOutcome.Canceled, intentId);
        if (LostOnTheWay()) return GatewayAnswer.Unknown("lost");
        var answer = await _client!.Cancel(intentId, idempotencyKey, ct);
        Trace.Add($"{clock.Now} cancel: {answer.Outcome}");
        crash.Point(CrashPoint.AfterCall);
        return answer;
    }

    public async Task<GatewayAnswer> CreateCustomer(long personId, string idempotencyKey, CancellationToken ct) =>
        LostOnTheWay() ? GatewayAnswer.Unknown("lost") : await _client!.CreateCustomer(personId, idempotencyKey, ct);

    public async Task<GatewayAnswer> AddMethod(string customerId, string token, string idempotencyKey, CancellationToken ct) =>
        LostOnTheWay() ? GatewayAnswer.Unknown("lost") : await _client!.AddMethod(customerId, token, idempotencyKey, ct);

    public Task<GatewayAnswer> RemoveMethod(string methodId, string idempotencyKey, CancellationToken ct) =>
        _client!.RemoveMethod(methodId, idempotencyKey, ct);

    public Task<IReadOnlyList<TestPayer>?> AddPayers(IReadOnlyList<(long PersonId, string CardToken)> payers, string idempotencyKey,
        CancellationToken ct) => _client!.AddPayers(payers, idempotencyKey, ct);

    public Task<GatewayMovements?> Movements(string? afterId, CancellationToken ct) => _client!.Movements(afterId, ct);
    public byte[] Prepare(ChargeRequest request) => _client!.Prepare(request);
    public byte[] PrepareConfirm(ConfirmRequest request) => _client!.PrepareConfirm(request);
    public byte[] PrepareRefund(string intentId, Money amount, long refundId) =>
        _client!.PrepareRefund(intentId, amount, refundId);

    public void Dispose()
    {
        _http?.Dispose();
        _store?.Dispose();
    }

    private async Task<GatewayAnswer> Do(Fault fault, byte[] request, string key, CancellationToken ct)
    {
        switch (fault)
        {
            case Fault.LostBefore or Fault.Outage:
                return GatewayAnswer.Unknown("connection reset");
            case Fault.Throttled:
                return new GatewayAnswer(GatewayOutcome.Throttled, Code: "rate_limit");
            case Fault.Late:
                _onTheWay.Add((clock.Now + Duration.FromMinutes(1 + _dice.Next(50)), request, key));
                return GatewayAnswer.Unknown("no answer in time");
            case Fault.Twice:
                _onTheWay.Add((clock.Now + Duration.FromMinutes(_dice.Next(90)), request, key));
                return await _client!.Send(request, key, ct);
            default:
                var answer = await _client!.Send(request, key, ct);
                return fault is Fault.LostAfter or Fault.Garbled ? GatewayAnswer.Unknown(fault.ToString()) : answer;
        }
    }

    private Fault Draw()
    {
        var roll = _dice.Next(100); // one roll per call whatever comes of it, so that a shrunk world keeps its dice
        var kind = 1 + _dice.Next(6);
        if (clock.Now < OutageUntil) return Count(Fault.Outage);
        return roll < _percent ? Count((Fault)kind) : Fault.None;
    }

    private bool LostOnTheWay()
    {
        var roll = _dice.Next(100);
        if (clock.Now >= OutageUntil && roll >= _percent) return false;
        Count(clock.Now < OutageUntil ? Fault.Outage : Fault.LostLookup);
        return true;
    }

    private Fault Count(Fault fault)
    {
        Injected[fault] = Injected.GetValueOrDefault(fault) + 1;
        return fault;
    }

    private async Task<GatewayAnswer?> SendAgain(string partOfKey, CancellationToken ct) =>
        _sent.LastOrDefault(s => s.Key.Contains(partOfKey, StringComparison.Ordinal)) is { Key: { } key, Value: { } request }
            ? await _client!.Send(request, key, ct) : null;

    /// <summary>The planted bugs of a reader who believes too much.</summary>
    private GatewayAnswer Misread(GatewayAnswer answer, byte[] request) => (Bug, answer.Outcome) switch
    {
        (Bug.TimeoutIsFailure, GatewayOutcome.Unknown) => new GatewayAnswer(GatewayOutcome.DeclinedSoft, Code: "timeout"),
        (Bug.TimeoutIsSuccess, GatewayOutcome.Unknown) => Believed(request),
        (Bug.FeeForgotten, GatewayOutcome.Succeeded) => answer with { FeeMinor = 0 },
        (Bug.AmountNotCompared, GatewayOutcome.Succeeded) => Believed(request) with { Id = answer.Id, FeeMinor = answer.FeeMinor },
        _ => answer,
    };

    private static GatewayAnswer Believed(byte[] request)
    {
        var body = request.AsSpan(request.AsSpan().IndexOf((byte)'\n') + 1).ToArray();
        using var json = System.Text.Json.JsonDocument.Parse(body);
        return json.RootElement.TryGetProperty("amount", out var amount)
            ? new GatewayAnswer(GatewayOutcome.Succeeded, CapturedMinor: amount.GetInt64(),
                Currency: json.RootElement.GetProperty("currency").GetString()!.ToUpperInvariant(), Captures: 1)
            : GatewayAnswer.Unknown("a confirm");
    }
}
