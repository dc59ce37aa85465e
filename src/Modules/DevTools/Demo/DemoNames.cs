using Stipend.Accounts.Contracts;

namespace Stipend.DevTools.Demo;

/// <summary>Made-up people with addresses nobody can have.</summary>
internal static class DemoNames
{
    private static readonly string[] s_first =
    [
        "Ada", "Bao", "Carmen", "Dara", "Elif", "Femi", "Greta", "Hana", "Ivo", "Jun", "Kofi", "Lin", "Mira", "Noor", "Otto", "Priya",
        "Quentin", "Rosa", "Sami", "Tove", "Uma", "Viktor", "Wanda", "Ximena", "Yara", "Zeno", "Anouk", "Bela", "Cleo", "Dmitri",
            "Esra", "Finn",
    ];

    private static readonly string[] s_last =
    [
        "Almeida", "Berg", "Costa", "Dahl", "Eriksen", "Farah", "Garcia", "Hoffmann", "Ito", "Jansen", "Kaya", "Larsson", "Moreau", "Novak",
        "Okafor", "Petrov", "Quist", "Rossi", "Silva", "Tanaka", "Umarov", "Vega", "Weber", "Yilmaz", "Zhang", "Abel", "Brandt", "Cruz",
        "Duarte", "Ekberg",
    ];

    /// <summary>Person number n, the same for ever.</summary>
    public static NewPerson Person(int n)
    {
        var (first, last) = (s_first[n % s_first.Length], s_last[n / s_first.Length % s_last.Length]);
        var round = n / (s_first.Length * s_last.Length);
        var number = round == 0 ? "" : (round + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var name = round == 0 ? $"{first} {last}" : $"{first} {last} {round + 1}";
        return new NewPerson($"{first}.{last}{number}@example.net".ToLowerInvariant(), name);
    }

    /// <summary>A password for the demo's accounts, made from the seed so that it can be printed again.</summary>
    public static string Password(SeededRandom random)
    {
        string[] words =
        [
            "amber", "birch", "copper", "drift", "ember", "fjord", "granite", "harbor", "indigo", "juniper", "kelp", "lantern", "meadow",
            "nectar", "orchid", "pebble",
        ];
        return $"{words[random.Below(16)]}-{words[random.Below(16)]}-{words[random.Below(16)]}-{100 + random.Below(900)}";
    }
}
