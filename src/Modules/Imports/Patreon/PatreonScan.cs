using System.Security.Cryptography;
using System.Text;
using Stipend.Imports.Contracts;

namespace Stipend.Imports.Patreon;

/// <summary>
/// The first reading of a file, before anything is written: its totals, its tiers, which row counts for each address, and whether it
/// belongs to the campaign at all. Memory: 24 bytes per address and a few counters.
/// </summary>
internal sealed class PatreonScan
{
    private readonly record struct Best(int Rank, int RowNo);

    private readonly Dictionary<UInt128, Best> _best = [];
    private readonly Dictionary<string, long> _byStatus = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _byTierActive = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TierUse> _tiers = new(StringComparer.OrdinalIgnoreCase);
    private long _rows, _active, _lifetime, _free, _duplicates;

    /// <summary>Active members who pay by the year there.</summary>
    public long Annual { get; private set; }

    public required string FileHash { get; init; }
    public required string CurrencyCode { get; init; }

    public ImportTotals Totals => new(_rows, _byStatus, _active, _lifetime, _byTierActive, _free, CurrencyCode, _duplicates);

    /// <summary>Tiers that somebody with access needs, with their most common amount (of equal ones the smallest); without any amount they
    /// are left out.</summary>
    public IEnumerable<(string Name, long PriceMinor)> NeededTiers() => _tiers.Values.Where(t => t.IsNeeded && t.Amounts.Count > 0)
        .Select(t => (t.Name, t.Amounts.OrderByDescending(a => a.Value).ThenBy(a => a.Key).First().Key));

    /// <summary>Whether a row is the one that counts for its address.</summary>
    public bool Counts(PatreonRow row) => _best[Key(row.Email)].RowNo == row.RowNo;

    /// <summary>Reads the whole file.</summary>
    /// <exception cref="Refusal">All of <see cref="PatreonFile"/>'s, <c>wrong_currency</c>, <c>file_empty</c>.</exception>
    public static async Task<PatreonScan> Read(string path, Currency currency, string campaign, CancellationToken ct)
    {
        using var file = PatreonFile.Open(path);
        var scan = new PatreonScan { FileHash = await Hash(path, ct), CurrencyCode = currency.Code };
        foreach (var row in file.Rows())
        {
            if (row.RowNo % 1_000 == 0) ct.ThrowIfCancellationRequested();
            if (row.CurrencyCode.Length > 0 && row.CurrencyCode != currency.Code && Currency.TryOf(row.CurrencyCode, out _))
                throw Refusal.Invalid("wrong_currency",
                    $"Line {row.Line} is in {row.CurrencyCode}, but {campaign} bills in {currency}. Nothing was imported. "
                    + $"Import the file into a campaign in {row.CurrencyCode}, or leave out the rows in other currencies.");
            scan.Add(row);
        }
        if (scan._rows == 0) throw Refusal.Invalid("file_empty",
            "The file has a header and no members. Export your members again and give that file.");
        return scan;
    }

    private void Add(PatreonRow row)
    {
        _rows++;
        if (row.Broken is not null)
        {
            Count(_byStatus, "(unreadable)");
            return;
        }
        Count(_byStatus, row.Status switch
        {
            PatronStatus.Active => "Active patron", PatronStatus.Declined => "Declined patron", PatronStatus.Former => "Former patron", _ =>
            "(none)",
        });
        _lifetime += row.LifetimeMinor;
        if (row.Status == PatronStatus.Free) _free++;
        if (row.Status == PatronStatus.Active)
        {
            _active += row.PledgeMinor;
            Count(_byTierActive, row.Tier.Length == 0 ? "(none)" : row.Tier);
            if (row.IsAnnual) Annual++;
        }
        AddTier(row);
        var key = Key(row.Email);
        var here = new Best(row.Rank, (int)row.RowNo);
        if (_best.TryAdd(key, here)) return;
        _duplicates++;
        if (row.Rank > _best[key].Rank) _best[key] = here;
    }

    private void AddTier(PatreonRow row)
    {
        if (row.Tier.Length == 0 || row.Status == PatronStatus.Free) return;
        if (!_tiers.TryGetValue(row.Tier, out var tier)) _tiers[row.Tier] = tier = new TierUse(row.Tier);
        tier.IsNeeded |= row.Status is PatronStatus.Active or PatronStatus.Declined || row.PaidUntil is not null;
        if (row.PledgeMinor > 0) tier.Amounts[row.PledgeMinor] = tier.Amounts.GetValueOrDefault(row.PledgeMinor) + 1;
    }

    private static void Count(Dictionary<string, long> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;

    private static UInt128 Key(string email)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(email), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private static async Task<string> Hash(string path, CancellationToken ct)
    {
        await using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct));
    }

    private sealed class TierUse(string name)
    {
        public string Name { get; } = name;
        public bool IsNeeded { get; set; }
        public Dictionary<long, long> Amounts { get; } = [];
    }
}
