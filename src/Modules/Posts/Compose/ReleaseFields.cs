using System.Globalization;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Posts.Compose;

/// <summary>The composer's fields for the later steps of a release: step1_at, step1_audience, step1_tiers and so on; empty ones are no
/// step.</summary>
internal static class ReleaseFields
{
    public const int Steps = 3;

    public static IReadOnlyList<ReleaseStep> Read(FormInput input, DateTimeZone zone)
    {
        var steps = new List<ReleaseStep>();
        for (var i = 1; i <= Steps; i++)
        {
            var (at, audience) = ($"step{i}_at", $"step{i}_audience");
            if (!input.Has(at) && !input.Has(audience)) continue;
            if (!input.Has(at)) input.Wrong(at, "Say from when on this step holds, or take its audience away.");
            if (!input.Has(audience)) input.Wrong(audience, "Say to whom it opens then, or take the time away.");
            if (!input.Has(at) || !input.Has(audience) || input.Choice<AudienceKind>(audience) is not { } kind) continue;
            var tiers = kind != AudienceKind.Tiers ? [] : input.All($"step{i}_tiers")
                .Select(t => long.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var tier) ? tier : 0).ToList();
            if (kind == AudienceKind.Tiers && tiers.Count == 0) input.Wrong($"step{i}_tiers", "Choose at least one tier, or another audience.");
            steps.Add(new ReleaseStep(PublishTime.Read(input.Raw(at), zone, at), new Audience(kind, tiers)));
        }
        return steps;
    }

    public static IEnumerable<(string Name, string Value)> Of(Release release, DateTimeZone zone) => release.Later.Take(Steps).SelectMany((step, i) =>
        new[]
        {
            ($"step{i + 1}_at", PublishTime.Write(step.From, zone)), ($"step{i + 1}_audience", Columns.Of(step.Audience.Kind)),
            ($"step{i + 1}_tiers", string.Join(',', step.Audience.TierIds)),
        });
}
