using System.Net;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Platform.Ui;
using Stipend.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Stipend.Integration.Platform;

public sealed class UiTests : IAsyncLifetime
{
    private TestApp _app = null!;

    public async ValueTask InitializeAsync()
        => _app = await TestApp.Start(Engine.Sqlite);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_built_in_file_is_kept_for_ever_compressed_and_confirmed_by_its_tag()
    {
        using var client = _app.Client();
        var url = _app.Services.GetRequiredService<Assets>().Url("css/site.css");
        using var first = await client.SendAsync(Get(url, ("Accept-Encoding", "gzip, deflate, br")));
        using var plain = await client.GetAsync(url);
        using var again = await client.SendAsync(Get(url, ("If-None-Match", first.Headers.ETag!.Tag)));

        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        first.Content.Headers.ContentEncoding.ShouldBe(["br"]);
        first.Headers.CacheControl!.ToString().ShouldBe("public, max-age=31536000, immutable");
        (await plain.Content.ReadAsStringAsync()).ShouldStartWith("/* The order in which rules win");
        again.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task Whoever_watches_whether_the_site_is_up_may_ask_by_HEAD()
    {
        using var client = _app.Client();
        foreach (var path in new[] { "/", "/sign-in", "/nobody-here" })
        {
            using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
            using var get = await client.GetAsync(path);
            head.StatusCode.ShouldBe(get.StatusCode, path);
        }
    }

    [Fact]
    public async Task Whoever_was_signed_out_while_typing_loses_nothing_and_no_secret_is_shown_again()
    {
        var (ada, visitor) = (await _app.SignUp("ada"), _app.Visitor());
        await _app.HasCampaign("ada-makes", ada.Id);
        var lost = await visitor.Post("/ada-makes/posts/new", ("title", "Rain"), ("markdown", "\nFirst line\n\n<b>Second</b>"), ("audience", "public"),
            ("action", "save"));
        lost.Status.ShouldBe(HttpStatusCode.Unauthorized);
        var kept = lost.Form("main form");
        (kept.Action, kept.Fields["title"], kept.Fields["markdown"], kept.Fields["action"])
            .ShouldBe(("/ada-makes/posts/new", "Rain", "\nFirst line\n\n<b>Second</b>", "save"), "as it was typed, to be sent again");
        (await ada.Submit(lost, "main form")).Status.ShouldBe(HttpStatusCode.SeeOther, "from the other tab's session");

        foreach (var (name, value) in new[] { ("new-password", "three words"), ("recovery_code", "123456"), ("CardNumber", "4242"), ("api_key", "sk_live_words") })
        {
            var secret = await visitor.Post("/account/mail", ("note", "Words"), (name, value));
            secret.Status.ShouldBe(HttpStatusCode.Unauthorized);
            secret.Find("main form").ShouldBeNull(name);
            secret.Body.ShouldNotContain(value);
        }
        (await visitor.Post("/account/mail", ("note", new string('x', 500_000)))).Find("main form").ShouldBeNull("so much nobody typed");
        using var foreign = new HttpRequestMessage(HttpMethod.Post, "/account/mail") { Content = new FormUrlEncodedContent([KeyValuePair.Create("note", "Words")]) };
        foreign.Headers.Add("Sec-Fetch-Site", "cross-site");
        (await (await visitor.Client.SendAsync(foreign)).Content.ReadAsStringAsync()).ShouldNotContain("Words");
    }

    [Theory]
    [InlineData("/assets/css/site.000000000000.css")]
    [InlineData("/assets/../stipend.db")]
    [InlineData("/accent/red.css")]
    [InlineData("/accent/6d2a5b}.css")]
    public async Task What_is_not_built_in_is_not_found(string path)
    {
        using var client = _app.Client();
        using var answer = await client.GetAsync(path);

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/sign-in?x=1", "/sign-in?x=1")]
    [InlineData("https://example.org/", "/")]
    [InlineData("//example.org/", "/")]
    [InlineData("/\\example.org", "/")]
    public async Task Choosing_a_theme_leads_back_and_never_off_the_site(string back, string expected)
    {
        using var client = _app.Client();
        using var answer = await client.PostAsync("/preferences",
            new FormUrlEncodedContent(new Dictionary<string, string> { ["theme"] = "dark", ["back"] = back }));

        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        answer.Headers.Location!.OriginalString.ShouldBe(expected);
        (await client.GetStringAsync("/sign-in")).ShouldContain("data-theme=\"dark\"");
    }

    [Fact]
    public async Task Text_is_sent_as_itself_and_not_as_entities()
    {
        using var client = _app.Client();

        (await client.GetStringAsync("/sign-in")).ShouldContain("Sign in · ");
    }

    private static HttpRequestMessage Get(string url, (string Name, string Value) header)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        return request;
    }
}
