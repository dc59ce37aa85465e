using Shouldly;
using Stipend.Comments.Model;
using Xunit;

namespace Stipend.Unit.Comments;

public sealed class CommentTextTests
{
    [Theory]
    [InlineData("See https://example.org/a_(b).", "https://example.org/a_(b")]
    [InlineData("(https://example.org)", "https://example.org/")]
    [InlineData("HTTP://EXAMPLE.ORG/x, and more", "http://example.org/x")]
    [InlineData("javascript:alert(1)", null)]
    [InlineData("https://user:secret@example.org/", null)]
    [InlineData("https://", null)]
    [InlineData("ftp://example.org", null)]
    public void Web_addresses_become_links_and_nothing_else_does(string body, string? href)
    {
        var parts = CommentText.Parts(body);
        parts.Select(p => p.Href).SingleOrDefault(h => h is not null).ShouldBe(href);
        string.Concat(parts.Select(p => p.Text)).ShouldBe(body);
    }

    [Theory]
    [InlineData("Buy NOW, friends", "buy now", true)]
    [InlineData("buy it now", "buy now", false)]
    [InlineData("SPÄM!", "spam", true)]
    [InlineData("spammer", "spam", false)]
    [InlineData("anything", "", false)]
    [InlineData("sp\u00ADam", "spam", true)]
    [InlineData("a\nb", "x\n\na b", true)]
    public void A_filter_knows_whole_words_however_they_are_written(string body, string filter, bool found) => CommentText.Has(body, filter).ShouldBe(found);

    [Fact]
    public void What_disturbs_others_is_dropped_and_words_stay()
    {
        CommentText.Clean("  a\r\n\r\n\r\n\r\nb\u0007\u202E  ").ShouldBe("a\n\nb");
        CommentText.Clean("Z" + string.Concat(Enumerable.Repeat("\u0336", 40))).Length.ShouldBeLessThan(7);
        CommentText.Clean("Tiếng Việt, हिन्दी, עִבְרִית 👩‍👩‍👧").ShouldBe("Tiếng Việt, हिन्दी, עִבְרִית 👩‍👩‍👧");
    }
}
