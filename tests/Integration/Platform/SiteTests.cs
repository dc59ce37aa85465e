using System.Net;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Platform;

public sealed class SiteTests
{
    [Theory, OnEveryEngine]
    public async Task A_fresh_site_is_ready_and_says_so(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        using var client = app.Client();
        (await client.GetStringAsync("/health/ready")).ShouldBe("ready");
    }

    [Theory, OnEveryEngine]
    public async Task An_unknown_page_is_a_404_with_a_way_out(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        using var client = app.Client();
        var response = await client.GetAsync("/no/such/page");
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync()).ShouldContain("To the front page");
    }
}
