namespace Stipend.Accounts.Model;

/// <summary>Passwords that are tried first: a list of the common ones long enough to pass, and what is only a pattern.</summary>
internal static class CommonPasswords
{
    private static readonly Lazy<HashSet<string>> s_listed = new(() =>
    {
        using var reader = new StreamReader(typeof(CommonPasswords).Assembly.GetManifestResourceStream("common-passwords.txt")!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(l => l[0] != '#').ToHashSet(StringComparer.Ordinal);
    });

    private static readonly string[] s_runs = ["abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm",
        "qwertzuiopasdfghjklyxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik"];

    /// <summary>Whether a lower-case password is common: listed, one piece repeated, or a run along the alphabet or keyboard.</summary>
    public static bool Contains(string password) =>
        s_listed.Value.Contains(password) || s_listed.Value.Contains(password.TrimEnd('!', '.', '?'))
            || s_listed.Value.Contains(password.TrimEnd('!', '.', '?', '1', '2', '3'))
        || Repeats(password)
            || s_runs.Any(run =>
            run.Contains(password, StringComparison.Ordinal) || Reversed(run).Contains(password, StringComparison.Ordinal));

    private static bool Repeats(string password)
    {
        for (var length = 1; length <= 4; length++)
        {
            var piece = password[..length];
            if (Enumerable.Range(0, password.Length).All(i => password[i] == piece[i % length])) return true;
        }
        return false;
    }

    private static string Reversed(string text) => new([.. text.Reverse()]);
}
