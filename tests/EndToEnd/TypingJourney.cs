using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stipend.Entitlements.Contracts;
using Stipend.Posts.Contracts;

namespace Stipend.EndToEnd;

/// <summary>Somebody types, and something else happens meanwhile.</summary>
public sealed class TypingJourney(Chromium chromium) : Journey(chromium)
{
    [Fact]
    public async Task A_like_leaves_what_is_typed_and_a_session_that_ended_costs_no_word()
    {
        var (ada, lin) = (await Site.SignUp("Ada Byron"), await Site.SignUp("Lin Chen"));
        var campaign = await Site.HasCampaign("ada-makes", ada.Id);
        var post = await Site.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada.Id, "Rehearsal", "x", Audience.Public, false, null)));
        await ada.Post($"/comments/on/{post}", ("body", "How did you like it?"));
        var page = await Visitor(width: 390);
        await SignIn(page, lin);
        await page.GotoAsync($"/ada-makes/posts/{post}");
        var comment = page.GetByLabel("Your comment");
        await comment.FillAsync("I liked the");
        var heart = page.GetByRole(AriaRole.Button, new() { Name = "Like" });
        await heart.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Take your like back 1" })).ToHaveAttributeAsync("aria-pressed", "true");
        await Assertions.Expect(comment).ToHaveValueAsync("I liked the");

        // The form stands under the words that open it, which stay where they are.
        var answer = page.GetByText("Answer", new() { Exact = true }).First;
        async Task<double> Below() => Math.Round((await answer.BoundingBoxAsync())!.Y - (await page.Locator(".comment-body").First.BoundingBoxAsync())!.Y);
        var before = await Below();
        await answer.ClickAsync();
        await Assertions.Expect(page.GetByLabel("Your answer")).ToBeFocusedAsync();
        (await Below()).ShouldBe(before);

        // Signed out elsewhere.
        await page.Context.ClearCookiesAsync();
        await comment.FillAsync("I liked the second movement.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Comment", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("What you typed")).ToHaveValueAsync("I liked the second movement.");
        var tab = await page.Context.NewPageAsync();
        await SignIn(tab, lin);
        await page.GetByRole(AriaRole.Button, new() { Name = "Send it again" }).ClickAsync();
        await Assertions.Expect(page.Locator(".comment-body").First).ToHaveTextAsync("I liked the second movement.");
    }
}
