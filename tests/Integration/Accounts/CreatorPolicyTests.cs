using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Accounts;

public sealed class CreatorPolicyTests
{
    [Theory, OnEveryEngine]
    public async Task The_operator_chooses_who_may_open_a_campaign(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (opal, ada) = (await app.Operator(), await app.SignUp("ada"));
        (await Code(app, ada)).ShouldBeNull();

        await opal.Does("/operator/creators", "form[action='/operator/creators/policy']", ("policy", "closed"));
        (await Code(app, ada)).ShouldBe("creators_closed");
        (await Code(app, opal)).ShouldBeNull();

        await opal.Does("/operator/creators", "form[action='/operator/creators/policy']", ("policy", "approval"));
        (await Code(app, ada)).ShouldBe("approval_needed");
        await ada.Does("/account", "form[action='/account/creator']");
        (await Code(app, ada)).ShouldBe("approval_needed");
        (await opal.Post($"/operator/creators/{ada.Id}", ("answer", "approve"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await Code(app, ada)).ShouldBeNull();
        (await app.LastMailText(ada.Id)).ShouldNotBeNull().ShouldContain("approved");
        (await opal.Post($"/operator/creators/{ada.Id}",
            ("answer", "decline"))).Status.ShouldBe(HttpStatusCode.NotFound); // nothing waits any more
    }

    [Fact]
    public async Task A_wrong_policy_is_refused()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var opal = await app.Operator();
        (await opal.Post("/operator/creators/policy", ("policy", "everybody"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    private static Task<string?> Code(TestApp app, Actor actor) => app.In(async services =>
    {
        try
        {
            await services.GetRequiredService<ICreatorPolicy>().RequireMayOpenCampaign(actor.Id);
            return null;
        }
        catch (Refusal refusal)
        {
            return refusal.Code;
        }
    });
}
