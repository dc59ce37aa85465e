using System.Globalization;
using NodaTime.Text;

namespace Stipend.Posts.Compose;

/// <summary>A time typed in a campaign's zone, where clocks skip an hour in spring and repeat one in autumn.</summary>
internal static class PublishTime
{
    private static readonly LocalDateTimePattern s_minutes = LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm");
    private static readonly LocalDateTimePattern s_seconds = LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm:ss");

    /// <summary>The instant of a date and time such as “2026-03-29T09:30”; an hour that comes twice means its first.</summary>
    /// <exception cref="Refusal">Unreadable, or an hour that does not exist there.</exception>
    public static Instant Read(string typed, DateTimeZone zone, string field = "publish_at")
    {
        var parsed = s_minutes.Parse(typed) is { Success: true } minutes ? minutes : s_seconds.Parse(typed);
        if (!parsed.Success) throw Refusal.InvalidField(field, $"“{typed}” is not a date and time. Write it like 2026-03-29T09:30.");
        var mapping = zone.MapLocal(parsed.Value);
        if (mapping.Count > 0) return mapping.First().ToInstant();
        var before = mapping.EarlyInterval.IsoLocalEnd;
        var after = mapping.LateInterval.IsoLocalStart;
        throw Refusal.InvalidField(field,
            $"On {parsed.Value.Date.ToString("d MMMM uuuu", CultureInfo.InvariantCulture)} the clocks in {zone.Id} go from {Clock(before)} straight to {Clock(after)}, "
            + $"so {Clock(parsed.Value)} does not exist. Choose a time before {Clock(before)}, or {Clock(after)} or later.");
    }

    /// <summary>The form's text for an instant.</summary>
    public static string Write(Instant at, DateTimeZone zone) => s_minutes.Format(at.InZone(zone).LocalDateTime);

    private static string Clock(LocalDateTime time) => time.ToString("HH:mm", CultureInfo.InvariantCulture);
}
