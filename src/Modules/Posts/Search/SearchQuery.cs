namespace Stipend.Posts.Search;

/// <summary>Words that must stand next to each other; the last one may be only the beginning of a word.</summary>
internal sealed record Clause(IReadOnlyList<string> Words, bool IsPrefix);

/// <summary>
/// What a person typed, understood: every clause must match. Words in quotes are a phrase and match exactly; any other word of three
/// letters
/// or more also matches as the beginning of a word. Nothing else is an operator.
/// </summary>
internal sealed record SearchQuery(IReadOnlyList<Clause> Clauses)
{
    private const int MaxLength = 200;
    private const int MaxClauses = 8;
    private const int MinPrefix = 3;

    public bool IsEmpty => Clauses.Count == 0;

    public static SearchQuery Parse(string? typed)
    {
        var text = (typed ?? "").Replace('“', '"').Replace('”', '"').Replace('„', '"');
        if (text.Length > MaxLength) text = text[..MaxLength];
        var clauses = new List<Clause>();
        var parts = text.Split('"');
        for (var i = 0; i < parts.Length; i++)
        {
            var quoted = i % 2 == 1 && i < parts.Length - 1;
            if (quoted) Add(parts[i], prefix: false);
            else foreach (var piece in parts[i].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) Add(piece, prefix: true);
        }
        return new SearchQuery(clauses);

        void Add(string piece, bool prefix)
        {
            var words = Words.Of(piece).ToList();
            if (words.Count == 0 || clauses.Count == MaxClauses) return;
            clauses.Add(new Clause(words, prefix && (words[^1].Length >= MinPrefix || piece.EndsWith('*'))));
        }
    }

    /// <summary>Whether a word of a text is one this query looks for: what highlighting marks.</summary>
    public bool Marks(string word) => Clauses.Any(c => c.Words.Contains(word, StringComparer.Ordinal)
        || (c.IsPrefix && word.StartsWith(c.Words[^1], StringComparison.Ordinal)));
}
