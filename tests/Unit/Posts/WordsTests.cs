using Shouldly;
using Stipend.Posts.Search;
using Xunit;

namespace Stipend.Unit.Posts;

public sealed class WordsTests
{
    [Theory]
    [InlineData("The Otter, swims!", "the otter swims")]
    [InlineData("Crème Brûlée", "creme brulee")]
    [InlineData("Creme\u0301 naïve", "creme naive")]
    [InlineData("Straße Ærø Łódź Ðiđ", "strasse aero lodz did")]
    [InlineData("don't l’otre 'quoted'", "dont lotre quoted")]
    [InlineData("ΟΔΟΣ οδος", "οδοσ οδοσ")]
    [InlineData("東京の猫", "東 京 の 猫")]
    [InlineData("v1.2 a-b_c", "v1 2 a b c")]
    [InlineData("مَكتَبة", "مكتبة")]
    [InlineData("🦦 \uD83E otter", "otter")]
    [InlineData("ﬁne ①", "fine")]
    public void Words_are_folded_alike(string text, string words) => string.Join(' ', Words.Of(text)).ShouldBe(words);

    [Fact]
    public void A_word_knows_where_it_stands() =>
        Words.Cut("Ein Fluß!").Select(w => "Ein Fluß!".Substring(w.Start, w.Length)).ShouldBe(["Ein", "Fluß"]);

    [Theory]
    [InlineData("a OR b NOT c NEAR(d)", "a or* b not* c near*+d")]
    public void Operators_are_words(string typed, string _)
    {
        var query = SearchQuery.Parse(typed);
        query.Clauses.SelectMany(c => c.Words).ShouldBe(["a", "or", "b", "not", "c", "near", "d"]);
    }

    [Fact]
    public void Quotes_make_phrases_and_an_open_quote_is_only_a_mark()
    {
        SearchQuery.Parse("\"swims well\" ott").Clauses.Select(c => (string.Join(' ', c.Words), c.IsPrefix))
            .ShouldBe([("swims well", false), ("ott", true)]);
        SearchQuery.Parse("\"swims well").Clauses.Count.ShouldBe(2);
        SearchQuery.Parse("  \"\" ' * ").IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_snippet_marks_what_was_found_and_keeps_the_text_as_it_was()
    {
        var text = string.Concat(Enumerable.Repeat("filler words here ", 30)) + "then the <b>Öttér</b> swam away "
            + string.Concat(Enumerable.Repeat("and on ", 60));
        var parts = Snippets.Of(text, SearchQuery.Parse("otter"));
        parts.Single(p => p.IsMarked).Text.ShouldBe("Öttér");
        string.Concat(parts.Select(p => p.Text)).Trim('…', ' ').ShouldSatisfyAllConditions(
            shown => text.ShouldContain(shown), shown => shown.Length.ShouldBeLessThan(260));
    }

    [Fact]
    public void A_snippet_of_nothing_found_is_the_beginning() =>
        string.Concat(Snippets.Of("Just this.", SearchQuery.Parse("otter")).Select(p => p.Text)).ShouldBe("Just this.");
}
