namespace Stipend.DevTools.Contracts;

/// <summary>How much of a demo: a few creators worth looking at, or one campaign with many members worth measuring.</summary>
public enum DemoSize { Small, Large }

/// <summary>What to fill a data folder with. Equal seeds give equal worlds.</summary>
public sealed record DemoOrder(DemoSize Size, int Seed, bool Force);

/// <summary>An account to sign in with.</summary>
public sealed record DemoAccount(string Role, string Email, string Password);

/// <summary>A campaign of the demo, as printed.</summary>
public sealed record DemoCampaign(string Vanity, string Name, BillingModel Model, string Currency, Instant Now, int Paid, int Declined,
    IReadOnlyList<EarnedSum> Money);

/// <summary>What a demo holds.</summary>
public sealed record DemoReport(IReadOnlyList<DemoAccount> Accounts, IReadOnlyList<DemoCampaign> Campaigns);

/// <summary>Fills a site with a seeded world, through the modules' contracts alone.</summary>
public interface IDemo
{
    /// <exception cref="Refusal"><c>folder_not_empty</c>: the site has people already (unless forced); <c>demo_exists</c>: the demo is
    /// there.</exception>
    Task<DemoReport> Fill(DemoOrder order, IProgress<string>? progress = null, CancellationToken ct = default);
}
