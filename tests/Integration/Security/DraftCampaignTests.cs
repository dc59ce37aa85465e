using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Posts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Security;

/// <summary>A campaign that is not published exists for its owner alone, whatever has been published in it already.</summary>
public sealed class DraftCampaignTests
{
    [Theory, OnEveryEngine]
    public async Task Nothing_tells_of_a_campaign_that_is_a_draft(Engine engine)
    {
        await using var stage = await PostStage.Start(engine, model: BillingModel.MonthlyAnniversary);
        var image = await Pictures.Upload(stage.Ada, Pictures.Png);
        var post = await stage.Publishes("Opening night", $"Soon.\n\n![the poster]({image})", Audience.Public);
        (await stage.App.Visitor().Client.GetAsync(image)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await stage.App.In(s => s.GetRequiredService<Db>().Execute("UPDATE campaign SET is_published = @no", default, ("no", false)));

        foreach (var reader in new[] { stage.App.Visitor(), await stage.App.SignUp("lin") })
        {
            (await reader.Client.GetAsync(image)).StatusCode.ShouldBe(HttpStatusCode.NotFound, $"{reader.Name}: {image}");
            foreach (var path in new[]
            {
                "", "/join", $"/join/{stage.Big.Id}", "/membership", "/membership/change", "/membership/cancel", "/membership/confirm",
                $"/posts/{post}", "/search?q=opening", "/why",
            })
            {
                var (real, none) = (await reader.Get("/ada-makes" + path), await reader.Get("/nobody-here" + path));
                real.Status.ShouldBe(none.Status, $"{reader.Name} at {path}");
                real.Location?.Replace("ada-makes", "", StringComparison.Ordinal)
                    .ShouldBe(none.Location?.Replace("nobody-here", "", StringComparison.Ordinal), $"{reader.Name} at {path}");
                real.Body.ShouldNotContain("Ada-makes", Case.Sensitive, $"{reader.Name} at {path}");
            }
        }
        (await stage.Ada.Client.GetAsync(image)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
