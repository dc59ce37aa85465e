using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stipend.Entitlements.Contracts;
using Stipend.Posts.Contracts;
using Stipend.Vault.Contracts;

namespace Stipend.EndToEnd;

/// <summary>A listener with a browser: speed, and going on elsewhere where they stopped.</summary>
public sealed class LibraryJourney(Chromium chromium) : Journey(chromium)
{
    [Fact]
    public async Task A_player_tells_where_it_stopped_and_the_next_device_goes_on_there()
    {
        var (ada, lin) = (await Site.SignUp("Ada Byron"), await Site.SignUp("Lin Chen"));
        var campaign = await Site.HasCampaign("ada-makes", ada.Id);
        var post = await Site.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada.Id, "Rehearsal", "x", Audience.Public, false, null)));
        await Site.In(async s =>
        {
            using var content = new MemoryStream([.. "ID3"u8, .. new byte[50_000]]);
            return await s.GetRequiredService<IVault>().Take(campaign, ada.Id, "post", post, "take one.mp3", content);
        });
        var page = await Visitor(width: 390);
        await SignIn(page, lin);
        await page.GotoAsync($"/ada-makes/posts/{post}");
        await page.GetByLabel("Speed").SelectOptionAsync("1.5");
        (await page.EvaluateAsync<double>("document.querySelector('audio').playbackRate")).ShouldBe(1.5);
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByLabel("Speed")).ToHaveValueAsync("1.5");
        await Assertions.Expect(page.GetByLabel("Sleep timer")).ToBeVisibleAsync();

        // The bytes above play nothing; the player is told that they do.
        var told = page.WaitForResponseAsync(r => r.Url.EndsWith("/position", StringComparison.Ordinal));
        await page.EvaluateAsync("""
            () => {
              const media = document.querySelector("audio");
              Object.defineProperty(media, "currentTime", { get: () => 754.3 });
              Object.defineProperty(media, "duration", { get: () => 1800 });
              media.dispatchEvent(new Event("play"));
              media.dispatchEvent(new Event("timeupdate"));
              media.dispatchEvent(new Event("pause"));
            }
            """);
        (await told).Status.ShouldBe(204);
        var phone = await Visitor(script: false, width: 390);
        await SignIn(phone, lin);
        await phone.GotoAsync("/library?show=playing");
        await Assertions.Expect(phone.GetByText("12:34 of 30:00")).ToBeVisibleAsync();
        await phone.GetByRole(AriaRole.Link, new() { Name = "take one.mp3" }).ClickAsync();
        await Assertions.Expect(phone.Locator("audio")).ToHaveAttributeAsync("src", new System.Text.RegularExpressions.Regex("#t=754$"));
    }
}
