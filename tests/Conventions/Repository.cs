using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Shouldly;

namespace Stipend.Conventions;

/// <summary>The files of this repository, as the tests read them.</summary>
internal static partial class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "..", ".."));

    /// <summary>Text files under folders, without what is built; paths relative to the root, with slashes.</summary>
    public static IEnumerable<string> Files(string extensions, params string[] folders) => folders
        .Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
        .Where(file => !Built().IsMatch(file) && extensions.Split(' ').Contains(Path.GetExtension(file)))
        .Order(StringComparer.Ordinal);

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    /// <summary>
    /// Holds a generated page to what the program is today. Run the tests with UPDATE_SNAPSHOTS=1 to write it; the change is then seen in
    /// review.
    /// </summary>
    public static void ShouldBeSnapshot(string text, string file)
    {
        var path = Path.Combine(Root, file);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
        File.Exists(path).ShouldBeTrue($"{file} is missing; run the tests with UPDATE_SNAPSHOTS=1 to write it");
        text.ShouldBe(File.ReadAllText(path), $"{file} is out of date; run the tests with UPDATE_SNAPSHOTS=1 and look at the change");
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    [GeneratedRegex(@"(^|/)(bin|obj|node_modules|vendor)/")]
    private static partial Regex Built();
}
