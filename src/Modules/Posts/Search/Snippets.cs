using Stipend.Posts.Read;

namespace Stipend.Posts.Search;

/// <summary>A piece of a text, marked when it is what was looked for. The page encodes it like any text.</summary>
public readonly record struct SnippetPart(string Text, bool IsMarked);

/// <summary>A found post, and where its title and text match.</summary>
public sealed record SearchResult(PostCard Card, IReadOnlyList<SnippetPart> Title, IReadOnlyList<SnippetPart> Snippet);

/// <summary>Shows where a text matches.</summary>
internal static class Snippets
{
    private const int Before = 70;
    private const int Length = 240;

    /// <summary>The first part of a text around what was looked for.</summary>
    public static IReadOnlyList<SnippetPart> Of(string plain, SearchQuery query)
    {
        var text = plain.ReplaceLineEndings(" ");
        var words = Words.Cut(text).ToList();
        var first = words.FindIndex(w => query.Marks(w.Folded));
        var from = first < 0 ? 0 : words[first].Start - Before;
        var start = from <= 0 ? 0 : words.First(w => w.Start >= from).Start;
        var last = words.FindLastIndex(w => w.Start + w.Length <= start + Length);
        var end = last < 0 ? Math.Min(text.Length, start + Length) : last == words.Count - 1 ? text.Length : words[last].Start
            + words[last].Length;
        var parts = Marked(text, words.Where(w => w.Start >= start && w.Start + w.Length <= end), query, start, end);
        if (start > 0) parts.Insert(0, new SnippetPart("… ", false));
        if (end < text.Length) parts.Add(new SnippetPart(" …", false));
        return parts;
    }

    /// <summary>The whole of a short text, what was looked for marked.</summary>
    public static IReadOnlyList<SnippetPart> Whole(string text, SearchQuery query) => Marked(text, Words.Cut(text), query, 0, text.Length);

    private static List<SnippetPart> Marked(string text, IEnumerable<Word> words, SearchQuery query, int start, int end)
    {
        var parts = new List<SnippetPart>();
        var at = start;
        foreach (var word in words.Where(w => query.Marks(w.Folded)))
        {
            if (word.Start > at) parts.Add(new SnippetPart(text[at..word.Start], false));
            parts.Add(new SnippetPart(text.Substring(word.Start, word.Length), true));
            at = word.Start + word.Length;
        }
        if (at < end) parts.Add(new SnippetPart(text[at..end], false));
        return parts;
    }
}
