using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Stipend.Platform.Http;

namespace Stipend.Campaigns.Contracts;

/// <summary>Where on the campaign's page a section stands.</summary>
public enum SectionPlace
{
    /// <summary>Above the tiers: what concerns this viewer, such as their own membership.</summary>
    Top,

    /// <summary>The wide column under the tiers: the posts.</summary>
    Main,

    /// <summary>The narrow column beside the posts, under “About”.</summary>
    Aside,
}

/// <summary>What a section is drawn for. <see cref="Query"/>: the page's query string, for paging (name your parameters so that they do not
/// meet others').</summary>
public sealed record CampaignPageRequest(CampaignInfo Campaign, IReadOnlyList<TierInfo> Tiers, Viewer? Viewer, IQueryCollection Query)
{
    public bool IsOwner => Viewer?.Id == Campaign.OwnerId;
}

/// <summary>
/// A part of the campaign's page that another module draws; register with <c>AddScoped&lt;ICampaignPageSection, …&gt;</c>. Sections load
/// one after another with a constant number of commands each, whatever they show: a test counts them.
/// </summary>
public interface ICampaignPageSection
{
    SectionPlace Place { get; }

    /// <summary>Smaller comes first within a place.</summary>
    int Order { get; }

    /// <summary>Loads what is shown and answers how it is drawn; null when there is nothing to show.</summary>
    Task<RenderFragment?> Load(CampaignPageRequest request, CancellationToken ct);
}

/// <summary>What the card of a tier says beside the tier itself.</summary>
/// <param name="SeatsLeft">Of a limited tier; null when unlimited or unknown.</param>
/// <param name="IsMine">The viewer has this tier.</param>
/// <param name="Href">Where its button leads instead of joining; null for the usual join.</param>
/// <param name="Action">The button's words then.</param>
public sealed record TierCard(int? SeatsLeft, bool IsMine = false, string? Href = null, string? Action = null);

/// <summary>Adds what another module knows to the cards of tiers: seats left, whose it is, a change instead of a join.</summary>
public interface ITierCards
{
    Task<IReadOnlyDictionary<long, TierCard>> Of(CampaignPageRequest request, CancellationToken ct);
}

/// <summary>A part of the front page: for somebody signed in, the home feed stands there, above the directory.</summary>
public interface IFrontPageSection
{
    int Order { get; }
    Task<RenderFragment?> Load(Viewer? viewer, IQueryCollection query, CancellationToken ct);
}

/// <summary>
/// A page of the creator's area of a campaign, <c>/{vanity}/Path</c>; register with <c>AddSingleton(new StudioLink(…))</c>. The label is an
/// English sentence for the localizer.
/// </summary>
public sealed record StudioLink(StudioGroup Group, int Order, string Label, string Path)
{
    /// <summary>The links by their groups, in order; a group of one is named like its link.</summary>
    public static IReadOnlyList<(string Label, IReadOnlyList<StudioLink> Links)> Grouped(IEnumerable<StudioLink> links) =>
        [.. links.OrderBy(l => l.Group).ThenBy(l => l.Order).ThenBy(l => l.Path, StringComparer.Ordinal).GroupBy(l => l.Group)
            .Select(g => (g.Count() == 1 ? g.Single().Label : Name(g.Key), (IReadOnlyList<StudioLink>)[.. g]))];

    private static string Name(StudioGroup group) => group switch
    {
        StudioGroup.Page => "Page", StudioGroup.Posts => "Posts", StudioGroup.Members => "Members", StudioGroup.Connections => "Connections",
        _ => group.ToString(),
    };
}

/// <summary>What the creator's pages are about, in the order of their tabs.</summary>
public enum StudioGroup
{
    View,
    Page,
    Posts,
    Members,
    Earnings,
    Connections,
    Sandbox,
}

/// <summary>A figure on the dashboard's card of a campaign.</summary>
/// <param name="Label">English, for the localizer.</param>
/// <param name="Value">Money, a number, an instant or a text; formatted for the reader.</param>
/// <param name="Path">Page of the campaign it leads to, after the vanity.</param>
public sealed record DashboardFigure(string Label, object Value, string? Path = null);

/// <summary>Key figures of campaigns for the dashboard, for all asked campaigns in a constant number of commands.</summary>
public interface IDashboardFigures
{
    int Order { get; }
    Task<IReadOnlyDictionary<long, IReadOnlyList<DashboardFigure>>> Of(IReadOnlyList<CampaignInfo> campaigns, CancellationToken ct);
}
