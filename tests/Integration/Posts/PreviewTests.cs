using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>A paywall line in a text: what stands above it is everybody's on every surface, what stands below is as closed as ever.</summary>
public sealed class PreviewTests
{
    private const string Above = "Tezcatlipoca";
    private const string Below = "Xochimilco";

    [Theory, OnEveryEngine]
    public async Task What_stands_above_the_line_is_everybodys_and_nothing_below_it(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var (open, closed) = (await Pictures.Upload(stage.Ada, Pictures.Png), await Pictures.Upload(stage.Ada, Pictures.Gif));
        var post = await stage.Publishes("The plans", $"The {Above} begins.\n\n![first]({open})\n\n[[paywall]]\n\nThe {Below} ends.\n\n![second]({closed})",
            Audience.Tiers(stage.Big.Id));
        await stage.Publishes("Whole", $"All of {Below}.", Audience.Tiers(stage.Big.Id));
        Actor[] closedTo = [stage.App.Visitor(), await stage.Member("free"), await stage.Member("wrong", stage.Small), await stage.Declined("declined", stage.Big)];
        foreach (var reader in closedTo)
        {
            var path = (await reader.Get($"/ada-makes/posts/{post}")).Location!;
            var page = await reader.Open(path);
            page.Find(".prose-preview")!.TextContent.ShouldContain(Above, customMessage: reader.Name);
            page.Find(".locked a.button").ShouldNotBeNull(reader.Name);
            (await reader.Get(open)).Status.ShouldBe(HttpStatusCode.OK, reader.Name);
            (await reader.Get(closed)).Status.ShouldBe(HttpStatusCode.NotFound, reader.Name);
            var feed = await Feed(reader);
            foreach (var surface in new[] { path, "/ada-makes", $"/ada-makes/search?q={Above}", feed, feed.Replace(".xml", ".json") })
            {
                var seen = (await reader.Get(surface)).Body;
                seen.ShouldContain(Above, Case.Insensitive, $"{reader.Name} at {surface}");
                seen.ShouldNotContain(Below, Case.Sensitive, $"{reader.Name} at {surface}");
                seen.ShouldNotContain(closed, Case.Sensitive, $"{reader.Name} at {surface}");
                seen.ShouldNotContain("paywall]]", Case.Sensitive, $"{reader.Name} at {surface}");
            }
            (await reader.Open($"/ada-makes/search?q={Above}")).Texts(".post-title").ShouldBe(["The plans"]);
            (await reader.Open($"/ada-makes/search?q={Above}")).Find("mark")!.TextContent.ShouldBe(Above);
            (await reader.Open($"/ada-makes/search?q={Below}")).Texts(".post-title").ShouldBeEmpty(reader.Name);
            (await reader.Open("/ada-makes")).Find($"img[src='{open}']").ShouldNotBeNull("a picture above the line may stand on the card");
            var found = await stage.App.In(s => s.GetRequiredService<IPostSearch>().Find(stage.Campaign, Above, null, reader.Id == 0 ? null : reader.Id));
            found.Posts.ShouldHaveSingleItem().ShouldSatisfyAllConditions(p => p.IsOpen.ShouldBeFalse(), p => p.Text.ShouldNotContain(Below));
        }
        (await stage.App.Visitor().Open("/ada-makes/feed.xml")).Body.ShouldNotContain("Whole", Case.Sensitive, "a closed post without a line is not in everybody's feed");

        var mia = await stage.Member("mia", stage.Big);
        var read = await mia.Open((await mia.Get($"/ada-makes/posts/{post}")).Location!);
        read.Find(".prose")!.TextContent.ShouldContain(Above);
        read.Find(".prose")!.TextContent.ShouldContain(Below);
        read.Body.ShouldNotContain("[[paywall]]");
        (await mia.Get(closed)).Status.ShouldBe(HttpStatusCode.OK);

        // Without its line the text is closed again, everywhere and at once.
        var edit = await stage.Ada.Open($"/ada-makes/posts/{post}/edit");
        (await stage.Ada.Submit(edit, "form.composer", ("action", "publish"), ("markdown", $"The {Above} ends.\n\n![first]({open})"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        var visitor = stage.App.Visitor();
        foreach (var surface in new[] { $"/ada-makes/posts/{post}-the-plans", "/ada-makes", "/ada-makes/feed.xml", "/ada-makes/feed.json" })
            (await visitor.Open(surface)).Body.ShouldNotContain(Above, Case.Sensitive, surface);
        (await visitor.Open($"/ada-makes/search?q={Above}")).Texts(".post-title").ShouldBeEmpty();
        (await visitor.Get(open)).Status.ShouldBe(HttpStatusCode.NotFound);

        async Task<string> Feed(Actor reader) => reader.Id == 0 ? "/ada-makes/feed.xml"
            : new Uri((await reader.Post("/account/feeds", ("name", "Phone"), ("campaign", "ada-makes"))).Find("input[name='rss-0']")!.GetAttribute("value")!).PathAndQuery;
    }

    [Theory, OnEveryEngine]
    public async Task The_writer_sees_where_the_text_closes(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var drawn = await stage.Ada.Post("/ada-makes/posts/preview", ("text", "Open.\n\n[[paywall]]\n\nClosed."));
        drawn.Find(".paywall-line")!.PreviousElementSibling!.TextContent.ShouldBe("Open.");
        drawn.Find(".paywall-line")!.NextElementSibling!.TextContent.ShouldBe("Closed.");
    }
}
