using Shouldly;
using Stipend.Posts.Podcasting;
using Xunit;

namespace Stipend.Unit.Posts;

public sealed class PodcastTests
{
    [Fact]
    public void The_guid_is_the_one_the_podcast_namespace_gives_as_its_example()
    {
        const string known = "917393e3-1b1e-5cef-ace4-edaa54e1f810"; // of the specification's own example feed
        Podcast.GuidOf("https://mp3s.nashownotes.com/pc20rss.xml").ShouldBe(known);
        Podcast.GuidOf("mp3s.nashownotes.com/pc20rss.xml/").ShouldBe(known);
    }

    [Fact]
    public void Categories_are_named_once_and_come_apart_again()
    {
        PodcastCategories.All.Distinct().Count().ShouldBe(PodcastCategories.All.Count);
        PodcastCategories.Split("Health & Fitness/Mental Health").ShouldBe(("Health & Fitness", "Mental Health"));
        PodcastCategories.Split("Technology").ShouldBe(("Technology", null));
    }
}
