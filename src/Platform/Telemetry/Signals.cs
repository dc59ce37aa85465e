using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Stipend.Platform.Telemetry;

/// <summary>The platform's own activities and counts. Tags are ids and names of code, never what people wrote or are called.</summary>
public static class Signals
{
    /// <summary>Sources and meters of the site begin with this name; a module's own is “Stipend.Billing” and so on.</summary>
    public const string Prefix = "Stipend.";

    public static ActivitySource Activities { get; } = new("Stipend.Platform");
    public static Meter Meter { get; } = new("Stipend.Platform");

    /// <summary>Messages delivered, by consumer and outcome (done, failed, parked, lost).</summary>
    public static Counter<long> Messages { get; } = Meter.CreateCounter<long>("stipend.messages");
}
