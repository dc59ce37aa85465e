using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Vault;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>A reader's own library: saved posts, recordings begun, files to download; all of it without script.</summary>
public sealed class LibraryTests
{
    [Theory, OnEveryEngine]
    public async Task What_is_saved_begun_and_downloadable_comes_together_and_closes_with_the_membership(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var post = await stage.Publishes("Episode 1", "The secret notes.", Audience.Tiers(stage.Big.Id), teaser: "Soon");
        var file = await Files.Upload(stage.Ada, post, "episode one.mp3", Files.Mp3(3, 40_000));
        await Files.Upload(stage.Ada, post, "scores.pdf", Files.Text("%PDF-1.4 … %%EOF"));
        var other = await stage.Publishes("Another", "Words", Audience.Members);
        var mia = await stage.App.SignUp("mia");
        var cause = await stage.Grant(mia, stage.Big);
        var stranger = await stage.App.SignUp("sam");

        // Saving is a button, saving twice is saving once, and a draft is not there to be saved.
        var page = await mia.Open($"/ada-makes/posts/{post}");
        (await mia.Post($"/posts/{post}/save", ("saved", "true"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        await mia.Post($"/posts/{post}/save", ("saved", "true"));
        stage.App.Time.Advance(Duration.FromSeconds(1));
        await mia.Post($"/posts/{other}/save", ("saved", "true"));
        (await mia.Post("/posts/42/save", ("saved", "true"))).Status.ShouldBe(HttpStatusCode.NotFound);
        (await stage.App.Visitor().Post($"/posts/{post}/save", ("saved", "true"))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await mia.Open("/library")).Texts(".post-title").ShouldBe(["Another", "Episode 1"]);
        (await stranger.Open("/library")).Texts(".post-title").ShouldBeEmpty();

        // Where I was, on any device and without script; told only of what is open.
        page.Find("s-player")!.GetAttribute("src").ShouldBe($"{string.Join('/', file.Split('/')[..3])}/position");
        page.Find("audio")!.GetAttribute("src").ShouldBe(file);
        var tell = page.Find("s-player")!.GetAttribute("src")!;
        (await mia.Post(tell, ("at", "754.3"), ("of", "1800"))).Status.ShouldBe(HttpStatusCode.NoContent);
        (await stranger.Post(tell, ("at", "7"))).Status.ShouldBe(HttpStatusCode.NotFound);
        (await mia.Post(tell, ("at", "-7"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var phone = await stage.App.OtherBrowser(mia);
        (await phone.Open($"/ada-makes/posts/{post}")).Find("audio")!.GetAttribute("src").ShouldBe(file + "#t=754");
        (await phone.Open("/library?show=playing")).Text.ShouldContain("episode one.mp3");
        (await phone.Open("/library?show=playing")).Text.ShouldContain("12:34 of 30:00");
        (await phone.Open("/library?show=files")).Texts(".file-name").ShouldBe(["episode one.mp3", "scores.pdf"], ignoreOrder: true);

        // Heard to its end it begins at its beginning.
        await phone.Post(tell, ("at", "1795"), ("of", "1800"));
        (await mia.Open($"/ada-makes/posts/{post}")).Find("audio")!.GetAttribute("src").ShouldBe(file);
        (await mia.Open("/library?show=playing")).Text.ShouldContain("Nothing begun");
        await phone.Post(tell, ("at", "60"), ("of", "1800"));

        // Over: the title stays saved, the rest is closed.
        await stage.App.In(s => s.GetRequiredService<IGrants>().End(stage.Campaign.BookId, "test", cause, stage.App.Time.Now, "Left."));
        stage.App.Time.Advance(Duration.FromSeconds(1));
        var closed = await mia.Open("/library");
        closed.Texts(".post-title").ShouldContain("Episode 1");
        closed.Text.ShouldNotContain("secret");
        (await mia.Open("/library?show=playing")).Text.ShouldNotContain("episode one");
        (await mia.Open("/library?show=files")).Texts(".file-name").ShouldBeEmpty();
        (await mia.Post(tell, ("at", "70"), ("of", "1800"))).Status.ShouldBe(HttpStatusCode.NotFound);

        await mia.Post($"/posts/{post}/save", ("saved", "false"), ("back", "library"));
        (await mia.Open("/library")).Texts(".post-title").ShouldBe(["Another"]);
        (await mia.Get("/account/export")).Body.ShouldContain("episode one.mp3");
    }
}
