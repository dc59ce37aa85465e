using System.Globalization;

namespace Stipend.Vault.Taking;

/// <summary>Sizes in words.</summary>
internal static class Sizes
{
    /// <summary>“1.5 GB”, “12 MB”, “3 KB”: by thousands, as shops count.</summary>
    public static string Words(long bytes, CultureInfo? culture = null)
    {
        culture ??= CultureInfo.InvariantCulture;
        return bytes switch
        {
            >= 1_000_000_000 => string.Create(culture, $"{bytes / 1e9:0.#} GB"),
            >= 1_000_000 => string.Create(culture, $"{bytes / 1e6:0.#} MB"),
            >= 1_000 => string.Create(culture, $"{bytes / 1e3:0} KB"),
            _ => string.Create(culture, $"{bytes} B"),
        };
    }
}
