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

    [Fact]
    public async Task The_keys_of_headphones_move_the_player_and_the_sleep_timer_stops_it()
    {
        var ada = await Site.SignUp("Ada Byron");
        var campaign = await Site.HasCampaign("ada-makes", ada.Id);
        var post = await Site.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada.Id, "Rehearsal", "x", Audience.Public, false, null)));
        await Site.In(async s =>
        {
            using var content = new MemoryStream([.. "ID3"u8, .. new byte[50_000]]);
            return await s.GetRequiredService<IVault>().Take(campaign, ada.Id, "post", post, "take one.mp3", content);
        });
        var page = await Visitor(width: 390);
        await page.Clock.InstallAsync();
        await page.AddInitScriptAsync("window.keys = {}; navigator.mediaSession.setActionHandler = (key, act) => window.keys[key] = act;");
        await page.GotoAsync($"/ada-makes/posts/{post}");
        await Assertions.Expect(page.GetByLabel("Sleep timer")).ToBeVisibleAsync();
        await page.EvaluateAsync("""
            () => {
              const media = document.querySelector("audio");
              window.at = 5; window.did = [];
              Object.defineProperty(media, "currentTime", { get: () => window.at, set: at => window.at = at });
              media.play = () => window.did.push("play");
              media.pause = () => window.did.push("pause");
              media.dispatchEvent(new Event("play"));
            }
            """);
        (await page.EvaluateAsync<string>("navigator.mediaSession.metadata.title")).ShouldBe("take one.mp3");
        (await page.EvaluateAsync<double>("() => { keys.seekforward(); return at; }")).ShouldBe(35);
        (await page.EvaluateAsync<double>("() => { keys.seekbackward(); return at; }")).ShouldBe(25);
        (await page.EvaluateAsync<double>("() => { at = 4; keys.seekbackward(); return at; }")).ShouldBe(0, "not before the beginning");
        (await page.EvaluateAsync<string>("() => { keys.pause(); keys.play(); return did.join(); }")).ShouldBe("pause,play");

        await page.GetByLabel("Sleep timer").SelectOptionAsync("15");
        await page.Clock.FastForwardAsync("14:59");
        (await page.EvaluateAsync<string>("did.join()")).ShouldBe("pause,play");
        await page.Clock.FastForwardAsync("00:02");
        (await page.EvaluateAsync<string>("did.join()")).ShouldBe("pause,play,pause");

        await page.GetByLabel("Sleep timer").SelectOptionAsync("30");
        await page.GetByLabel("Sleep timer").SelectOptionAsync("0");
        await page.Clock.FastForwardAsync("31:00");
        (await page.EvaluateAsync<string>("did.join()")).ShouldBe("pause,play,pause", "it was switched off again");
    }
}
