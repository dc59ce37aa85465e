using System.Globalization;
using Stipend.Platform.Ui;
using Stipend.Vault.Taking;

namespace Stipend.Vault.Contracts;

/// <summary>Sizes and lengths as people write them.</summary>
public static class FileWords
{
    /// <summary>“1.5 GB”, as the reader's culture writes numbers.</summary>
    public static string Size(long bytes, Localizer l) => Sizes.Words(bytes, l.Culture);

    /// <summary>“3:07” or “1:02:03”.</summary>
    public static string Length(long ms)
    {
        var span = TimeSpan.FromMilliseconds(ms);
        return span.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}:{span:mm\\:ss}")
            : string.Create(CultureInfo.InvariantCulture, $"{span.Minutes}:{span:ss}");
    }
}
