using System.Text;
using Stipend.Posts.Search;

namespace Stipend.Posts.Writing;

/// <summary>The readable end of a post's address: lower-case ASCII words of its title, at most 60 characters, perhaps empty.</summary>
internal static class Slugs
{
    private const int MaxLength = 60;

    public static string Of(string title)
    {
        var slug = new StringBuilder();
        foreach (var word in Words.Of(title))
        {
            if (!word.All(char.IsAsciiLetterOrDigit)) continue;
            if (slug.Length + word.Length + 1 > MaxLength) break;
            if (slug.Length > 0) slug.Append('-');
            slug.Append(word);
        }
        return slug.ToString();
    }
}
