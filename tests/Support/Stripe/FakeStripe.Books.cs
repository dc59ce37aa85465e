using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Stipend.TestGateway;

namespace Stipend.Support.Stripe;

/// <summary>What moved and what happened: the truth a test compares with, refunds, and the events Stripe would send.</summary>
public sealed partial class FakeStripe
{
    private readonly List<Moved> _moved = [];
    private readonly List<GivenBack> _refunds = [];
    private readonly List<StripeEvent> _events = [];
    private (string Currency, long Times, long Over)? _settlement;

    private sealed record Moved(string Id, string Type, long Amount, long Fee, string Currency, Intent Intent, string Source);

    /// <summary>Everything that happened, oldest first.</summary>
    public IReadOnlyList<StripeEvent> Events
    {
        get
        {
            lock (_lock) return [.. _events];
        }
    }

    /// <summary>Everything captured, oldest first, in Stripe's own units.</summary>
    public IReadOnlyList<Capture> Captures()
    {
        lock (_lock)
            return [.. _moved.Where(m => m.Type == "charge").Select(m => new Capture(m.Intent.Id, m.Intent.Customer,
                (string?)m.Intent.Metadata["charge_id"], m.Intent.Charges.Single(c => c.Id == m.Source).Amount, m.Intent.Currency, m.Fee,
                Time.GetUtcNow()))];
    }

    public IReadOnlyList<GivenBack> Refunds()
    {
        lock (_lock) return [.. _refunds];
    }

    /// <summary>The payments begun for a charge.</summary>
    public IReadOnlyList<string> IntentsOf(long chargeId)
    {
        lock (_lock) return [.. _intents.Where(i => (string?)i.Metadata["charge_id"] == $"{chargeId}").Select(i => i.Id)];
    }

    /// <summary>What was written onto a payment by whoever began it.</summary>
    public string? MetadataOf(string intentId, string name)
    {
        lock (_lock) return (string?)_intents.Single(i => i.Id == intentId).Metadata[name];
    }

    public int IntentCount()
    {
        lock (_lock) return _intents.Count;
    }

    public int ConfirmCount()
    {
        lock (_lock) return _intents.Sum(i => i.Confirms);
    }

    /// <summary>From now on the account is paid out in another currency, at a rate of so much for so much.</summary>
    public void SettleIn(string currency, long times, long over)
    {
        lock (_lock) _settlement = (currency, times, over);
    }

    /// <summary>Money leaves for the account's bank: a movement that is no payment.</summary>
    public void PayOut(long amount)
    {
        lock (_lock) _moved.Add(new Moved(NewId("txn"), "payout", -amount, 0, "eur", null!, NewId("po")));
    }

    /// <summary>What Stripe sends in the header of an event.</summary>
    public static string Sign(byte[] body, DateTimeOffset at, string secret = WebhookSecret)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var signed = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(seconds + ".").Concat(body).ToArray());
        return $"t={seconds},v1={Convert.ToHexStringLower(signed)},v0={new string('0', 64)}";
    }

    private Reply CreateRefund(Call call)
    {
        var intent = Find(call.Takes("payment_intent", "amount", "metadata[").Need("payment_intent"));
        if (intent.Status != "succeeded") throw Reply.Invalid("payment_intent", "payment_intent_unexpected_state",
            "This PaymentIntent does not have a successful charge to refund.");
        var charge = intent.Charges[^1];
        var left = charge.Amount - charge.Refunded;
        var amount = call.Whole("amount") ?? left;
        if (left == 0) throw Reply.Invalid("", "charge_already_refunded", $"Charge {charge.Id} has already been refunded.");
        if (amount < 1 || amount > left) throw Reply.Invalid("amount", null, $"Refund amount ({amount}) is greater than unrefunded amount ({left}).");
        charge.Refunded += amount;
        var id = NewId("re");
        _refunds.Add(new GivenBack(id, intent.Id, (string?)intent.Metadata["charge_id"], amount, intent.Currency));
        Move("refund", -amount, intent, id, 0);
        var refund = new JsonObject
        {
            ["id"] = id, ["object"] = "refund", ["amount"] = amount, ["currency"] = intent.Currency, ["payment_intent"] = intent.Id,
            ["charge"] = charge.Id, ["status"] = "succeeded", ["metadata"] = call.Metadata,
        };
        Happened("charge.refunded", ChargeJson(intent, charge, expand: false));
        return Reply.Done(refund);
    }

    private Reply ListMovements(Call call)
    {
        call.Takes("limit", "starting_after", "ending_before", "expand[");
        var expand = call.Expands("data.source.payment_intent");
        return Reply.Done(Page(call, [.. Enumerable.Reverse(_moved).Select(m => (m.Id, MovedJson(m, expand ? Source(m) : null)))]));
    }

    private Moved Move(string type, long amount, Intent intent, string source, long fee)
    {
        var (currency, times, over) = _settlement ?? (intent.Currency, 1, 1);
        var moved = new Moved(NewId("txn"), type, amount * times / over, fee * times / over, currency, intent, source);
        _moved.Add(moved);
        return moved;
    }

    // Stripe's price list: 2.9 % and 30 of the smallest unit, half up.
    private static long Fee(long amount) => Math.Min((amount * 29 + 500) / 1000 + 30, amount);

    private static JsonObject MovedJson(Moved moved, JsonObject? source) => new()
    {
        ["id"] = moved.Id, ["object"] = "balance_transaction", ["type"] = moved.Type, ["amount"] = moved.Amount, ["fee"] = moved.Fee,
        ["net"] = moved.Amount - moved.Fee, ["currency"] = moved.Currency, ["source"] = source ?? (JsonNode)moved.Source,
    };

    private static JsonObject Source(Moved moved) => new()
    {
        ["id"] = moved.Source, ["object"] = moved.Type,
        ["payment_intent"] = moved.Type == "payout" ? null : Json(moved.Intent, expand: false),
    };

    private void Happened(string type, JsonObject subject)
    {
        var id = NewId("evt");
        var body = new JsonObject
        {
            ["id"] = id, ["object"] = "event", ["type"] = type, ["created"] = Seconds(), ["api_version"] = Version, ["livemode"] = false,
            ["data"] = new JsonObject { ["object"] = subject.DeepClone() },
        };
        _events.Add(new StripeEvent(id, type, Encoding.UTF8.GetBytes(body.ToJsonString())));
    }
}

/// <summary>An event as it would be sent.</summary>
public sealed record StripeEvent(string Id, string Type, byte[] Body);
