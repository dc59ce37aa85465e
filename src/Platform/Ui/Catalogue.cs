using System.Collections.Frozen;
using System.Text.Json;

namespace Stipend.Platform.Ui;

/// <summary>
/// One language's sentences, by their English. Read from the files <c>Languages/LANGUAGE/*.json</c> built into the program; a
/// language exists when it has a file.
/// </summary>
public sealed class Catalogue
{
    private const string Prefix = "languages/";
    private static readonly FrozenDictionary<string, Catalogue> s_all = ReadAll();
    private readonly FrozenDictionary<string, string> _sentences;

    private Catalogue(string language, IReadOnlyDictionary<string, string> sentences)
    {
        Language = language;
        _sentences = sentences.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The two-letter language.</summary>
    public string Language { get; }

    /// <summary>The language's own name of itself, for choosing it.</summary>
    public string Name => Find("English");

    /// <summary>Every English sentence that this catalogue translates.</summary>
    public IReadOnlyCollection<string> Keys => _sentences.Keys;

    /// <summary>The language every key is written in.</summary>
    public static Catalogue English { get; } = new("en", new Dictionary<string, string>());

    /// <summary>Every language, English first.</summary>
    public static IReadOnlyList<Catalogue> All { get; } =
        [English, .. s_all.Values.OrderBy(c => c.Language, StringComparer.Ordinal)];

    /// <summary>The catalogue of a two-letter language, or null.</summary>
    public static Catalogue? Of(string language) => language == "en" ? English : s_all.GetValueOrDefault(language);

    /// <summary>The translation, or the English itself.</summary>
    public string Find(string english) => _sentences.GetValueOrDefault(english, english);

    private static FrozenDictionary<string, Catalogue> ReadAll()
    {
        var assembly = typeof(Catalogue).Assembly;
        var byLanguage = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var language = name[Prefix.Length..name.IndexOf('/', Prefix.Length)];
            using var stream = assembly.GetManifestResourceStream(name)!;
            var sentences = JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!;
            if (!byLanguage.TryGetValue(language, out var all)) byLanguage[language] = all = new(StringComparer.Ordinal);
            foreach (var (english, translated) in sentences) all[english] = translated;
        }
        return byLanguage.ToFrozenDictionary(l => l.Key, l => new Catalogue(l.Key, l.Value), StringComparer.Ordinal);
    }
}
