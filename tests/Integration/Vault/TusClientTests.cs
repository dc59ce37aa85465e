using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Vault;

/// <summary>The client most programs upload with (<c>tests/Clients/tus.mjs</c>), unchanged against the site.</summary>
public sealed class TusClientTests
{
    [Fact]
    public async Task The_client_of_others_uploads_goes_on_and_gives_up()
    {
        await Node.Clients();
        await using var app = await TestApp.Start(Engine.Sqlite, listens: true);
        var ada = await app.SignUp("ada");
        var campaign = await app.HasCampaign("ada-makes", ada.Id);
        var post = await app.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada.Id, "One", "x", Audience.Public, false, null)));
        var files = Enumerable.Range(1, 3).Select(i => (Path: Path.Combine(app.DataFolder, $"{i}.mp3"), Bytes: Files.Mp3(i, 500_000))).ToList();
        foreach (var (path, bytes) in files) await File.WriteAllBytesAsync(path, bytes);
        using var asked = new HttpRequestMessage(HttpMethod.Get, "/");
        await ada.Client.SendAsync(asked);
        await Node.Passes("tus.mjs", 4, new
        {
            endpoint = new Uri(app.Address, $"/ada-makes/uploads/post/{post}"), cookie = asked.Headers.GetValues("Cookie").Single(),
            files = files.ConvertAll(f => f.Path), notes = Path.Combine(app.DataFolder, "notes.json"),
        });
        foreach (var (name, bytes) in new[] { "whole.mp3", "taken up.mp3", "posted.mp3" }.Zip(files.Select(f => f.Bytes)))
        {
            var file = (await Files.Column(app, $"SELECT id FROM vault_file WHERE name = '{name}'")).Single();
            (await (await Files.Ask(app.Visitor(), $"/media/{file}/{name}")).Content.ReadAsByteArrayAsync()).ShouldBe(bytes, name);
        }
        (await Files.Column(app, "SELECT id FROM vault_file")).Count.ShouldBe(3);
        Files.Arriving(app).ShouldBeEmpty();
    }
}
