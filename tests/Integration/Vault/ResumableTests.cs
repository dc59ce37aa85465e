using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Posts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Vault.Tus;

namespace Stipend.Integration.Vault;

/// <summary>The resumable protocol, tus 1.0.0, as any client speaks it.</summary>
public sealed class ResumableTests
{
    [Theory, OnEveryEngine]
    public async Task An_upload_goes_on_where_it_was_and_becomes_a_file(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var post = await stage.Publishes("One", "x");
        var bytes = Files.Mp3(5, 200_000);
        var at = await Create(stage.Ada, post, bytes.Length, ("filename", "song.mp3"));
        (await Status(stage.Ada, at)).ShouldBe("0");
        (await Patch(stage.Ada, at, 0, bytes[..70_000])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Status(stage.Ada, at)).ShouldBe("70000");
        (await Patch(stage.Ada, at, 60_000, bytes[60_000..])).StatusCode.ShouldBe(HttpStatusCode.Conflict); // not where it stands
        (await Patch(stage.Ada, at, 70_000, [.. bytes[70_000..], 1])).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge); // a file that grew
        (await Status(stage.Ada, at)).ShouldBe("70000");
        var done = await Patch(stage.Ada, at, 70_000, bytes[70_000..]);
        (done.StatusCode, Header(done, "Upload-Offset"), Header(done, "Tus-Resumable")).ShouldBe((HttpStatusCode.NoContent, "200005", "1.0.0"));
        (await Status(stage.Ada, at)).ShouldBe("200005");
        var file = await stage.Scalar<long>("SELECT id FROM vault_file");
        (await (await Files.Ask(stage.App.Visitor(), $"/media/{file}/song.mp3")).Content.ReadAsByteArrayAsync()).ShouldBe(bytes);

        // Of a file that was removed nobody hears that it is here.
        var gone = await Create(stage.Ada, post, 1_000, ("filename", "gone.mp3"));
        await Patch(stage.Ada, gone, 0, Files.Mp3(7, 995));
        var removed = await stage.Scalar<long>("SELECT MAX(id) FROM vault_file");
        removed.ShouldNotBe(file);
        await stage.Ada.Post($"/ada-makes/uploads/files/{removed}/remove");
        (await Head(stage.Ada, gone)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await stage.App.TravelTo("2026-01-20");
        (await stage.Count("vault_upload")).ShouldBe(0);
        (await stage.Count("vault_file")).ShouldBe(1);
        Files.Arriving(stage.App).ShouldBeEmpty();
    }

    [Fact]
    public async Task Other_bytes_than_announced_are_refused_by_their_checksum()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite);
        var post = await stage.Publishes("One", "x");
        var bytes = Files.Mp3(5, 1_000);
        var at = await Create(stage.Ada, post, bytes.Length, ("filename", "song.mp3"));
        var sum = $"sha256 {Convert.ToBase64String(SHA256.HashData(bytes[..500]))}";
        var wrong = await Patch(stage.Ada, at, 0, Files.Noise(9, 500), ("Upload-Checksum", sum));
        ((int)wrong.StatusCode, Header(wrong, "Tus-Resumable")).ShouldBe((460, "1.0.0"));
        (await Status(stage.Ada, at)).ShouldBe("0"); // none of them was taken
        (await Patch(stage.Ada, at, 0, bytes[..500], ("Upload-Checksum", sum))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Patch(stage.Ada, at, 500, bytes[500..], ("Upload-Checksum", "crc32 AAAA"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await Patch(stage.Ada, at, 500, bytes[500..])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await stage.Count("vault_file")).ShouldBe(1);

        // taken up with another file of the same length: the whole's own checksum tells
        var whole = Convert.ToBase64String(SHA256.HashData(bytes));
        var other = await Create(stage.Ada, post, bytes.Length, ("filename", "again.mp3"), ("sha256", whole));
        await Patch(stage.Ada, other, 0, bytes[..500]);
        ((int)(await Patch(stage.Ada, other, 500, Files.Noise(3, bytes.Length - 500))).StatusCode).ShouldBe(460);
        (await stage.Count("vault_file")).ShouldBe(1);
        (await Head(stage.Ada, other)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_broken_line_loses_nothing_that_came()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, listens: true); // a real socket: what came is read before the break is seen
        var ada = await app.SignUp("ada");
        var campaign = await app.HasCampaign("ada-makes", ada.Id);
        var post = await app.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada.Id, "One", "x", Audience.Public, false, null)));
        var bytes = Files.Mp3(5, 900_000);
        var at = await Create(ada, post, bytes.Length, ("filename", "song.mp3"));
        var broken = new BreakingLine(bytes, 400_000, () => Files.Arriving(app).Sum(f => new FileInfo(f).Length) >= 256 * 1024);
        await Should.ThrowAsync<Exception>(() => Patch(ada, at, 0, bytes, broken: broken));
        for (var i = 0; i < 500 && await Status(ada, at) == "0"; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        var stands = int.Parse(await Status(ada, at), null);
        stands.ShouldBe(400_000);
        (await Patch(ada, at, stands, bytes[stands..])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var file = (await Files.Column(app, "SELECT id FROM vault_file")).Single();
        (await (await Files.Ask(app.Visitor(), $"/media/{file}/song.mp3")).Content.ReadAsByteArrayAsync()).ShouldBe(bytes);
    }

    [Theory, OnEveryEngine]
    public async Task Uploads_are_given_up_expire_and_are_nobody_elses(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var post = await stage.Publishes("One", "x");
        var at = await Create(stage.Ada, post, 1_000, ("filename", "song.mp3"));
        var eve = await stage.App.SignUp("eve");
        await stage.App.HasCampaign("eve-takes", eve.Id);
        (await Head(eve, at)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Head(eve, at.Replace("ada-makes", "eve-takes"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Send(stage.Ada, HttpMethod.Delete, at)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Head(stage.Ada, at)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        Files.Arriving(stage.App).ShouldBeEmpty();

        var slow = await Create(stage.Ada, post, 1_000, ("filename", "song.mp3"));
        await stage.App.TravelTo("2026-01-16T08:00:00Z");
        await Patch(stage.Ada, slow, 0, Files.Mp3(1, 100)); // lives a day longer
        await stage.App.TravelTo("2026-01-17T07:00:00Z");
        (await Status(stage.Ada, slow)).ShouldBe("105");
        await stage.App.TravelTo("2026-01-18");
        (await Head(stage.Ada, slow)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await stage.Count("vault_upload")).ShouldBe(0);
        Files.Arriving(stage.App).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_protocol_is_described_and_held_to()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite);
        var post = await stage.Publishes("One", "x");
        var options = await Send(stage.App.Visitor(), HttpMethod.Options, $"/ada-makes/uploads/post/{post}");
        (options.StatusCode, Header(options, "Tus-Version"), Header(options, "Tus-Max-Size")).ShouldBe((HttpStatusCode.NoContent, "1.0.0", "2147483648"));
        Header(options, "Tus-Extension").ShouldBe("creation,creation-with-upload,termination,expiration,checksum");
        using var old = new HttpRequestMessage(HttpMethod.Post, $"/ada-makes/uploads/post/{post}");
        old.Headers.Add("Upload-Length", "5");
        var refused = await stage.Ada.Client.SendAsync(old);
        (refused.StatusCode, Header(refused, "Tus-Version")).ShouldBe((HttpStatusCode.PreconditionFailed, "1.0.0"));
        (await Send(stage.Ada, HttpMethod.Post, $"/ada-makes/uploads/post/{post}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await Send(stage.Ada, HttpMethod.Post, $"/ada-makes/uploads/post/{post}", ("Upload-Length", "3000000000"))).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await Send(stage.Ada, HttpMethod.Post, $"/ada-makes/uploads/post/{post}", ("Upload-Length", "0"))).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);

        // all of it along with the beginning, and a lie about what it is
        var whole = await Send(stage.Ada, HttpMethod.Post, $"/ada-makes/uploads/post/{post}", Files.Mp3(), ("Upload-Length", "5005"), Name("all.mp3"));
        (whole.StatusCode, Header(whole, "Upload-Offset")).ShouldBe((HttpStatusCode.Created, "5005"));
        var lie = await Create(stage.Ada, post, 5005, ("filename", "lie.png"));
        (await Files.Refused(Patch(stage.Ada, lie, 0, Files.Mp3()))).ShouldSatisfyAllConditions(r => r.Status.ShouldBe(422), r => r.Says.ShouldContain("an MP3 recording"));
        (await Head(stage.Ada, lie)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await stage.Count("vault_file")).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task What_was_said_of_a_file_comes_back_word_for_word(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var post = await stage.Publishes("One", "x");
        foreach (var (sent, back) in new[] { ("filename c29uZy5tcDM=, is_confidential ,odd !!", "filename c29uZy5tcDM=, is_confidential ,odd !!"), (null, ""), ("filename", "filename") })
        {
            var answer = await Send(stage.Ada, HttpMethod.Post, $"/ada-makes/uploads/post/{post}",
                [("Upload-Length", "10"), .. sent is null ? [] : new[] { ("Upload-Metadata", sent) }]);
            Header(await Head(stage.Ada, answer.Headers.Location!.OriginalString), "Upload-Metadata").ShouldBe(back);
        }
        (await Files.Refused(Send(stage.Ada, HttpMethod.Post, $"/ada-makes/uploads/post/{post}", ("Upload-Length", "10"), ("Upload-Metadata", "filename \u00e9"))))
            .ShouldSatisfyAllConditions(r => r.Status.ShouldBe(400), r => r.Says.ShouldContain("in base64"));
    }

    [Fact]
    public async Task A_client_that_can_only_POST_names_the_method_in_a_header()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite);
        var (post, bytes) = (await stage.Publishes("One", "x"), Files.Mp3(5, 1_000));
        var (at, given) = (await Create(stage.Ada, post, bytes.Length, ("filename", "song.mp3")), await Create(stage.Ada, post, 10, ("filename", "a.bin")));
        Task<HttpResponseMessage> Post(string path, string? method, byte[]? body = null, long offset = 0) => Send(stage.Ada, HttpMethod.Post, path, body,
            [("Upload-Offset", $"{offset}"), .. method is null ? [] : new[] { ("X-HTTP-Method-Override", method) }]);
        (await Post(at, "PATCH", bytes[..400])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var head = await Post(at, "HEAD");
        (head.StatusCode, Header(head, "Upload-Offset"), Header(head, "Upload-Length")).ShouldBe((HttpStatusCode.OK, "400", "1005"));
        (await Post(at, "PATCH", bytes[400..], 300)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await Post(at, "PATCH", bytes[400..], 400)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await stage.Count("vault_file")).ShouldBe(1);
        (await Post(given, "DELETE")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Head(stage.Ada, given)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        foreach (var method in new[] { null, "PUT" }) (await Files.Refused(Post(at, method))).Status.ShouldBe(405);
        var eve = await stage.App.SignUp("eve");
        (await Send(eve, HttpMethod.Post, at, ("X-HTTP-Method-Override", "DELETE"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Of_a_content_type_only_the_type_counts()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite);
        var (post, bytes) = (await stage.Publishes("One", "x"), Files.Mp3(5, 1_000));
        var at = await Create(stage.Ada, post, bytes.Length, ("filename", "song.mp3"));
        foreach (var (type, status) in new[] { ("application/octet-stream", 415), ("application/offset+octet-streams", 415),
            ("application/offset+octet-stream; charset=utf-8", 204), ("Application/Offset+Octet-Stream", 204) })
        {
            var stands = int.Parse(await Status(stage.Ada, at), null);
            ((int)(await Patch(stage.Ada, at, stands, bytes[stands..Math.Min(stands + 600, bytes.Length)], type: type)).StatusCode).ShouldBe(status, type);
        }
        (await stage.Count("vault_file")).ShouldBe(1);
        var whole = await Send(stage.Ada, HttpMethod.Post, $"/ada-makes/uploads/post/{post}", bytes, ("Upload-Length", $"{bytes.Length}"), Name("b.mp3"));
        Header(whole, "Upload-Offset").ShouldBe($"{bytes.Length}");
    }

    [Fact]
    public async Task What_is_on_its_way_is_counted_and_ends_with_its_post()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite);
        var (post, gone) = (await stage.Publishes("One", "x"), await stage.Publishes("Two", "x"));
        var late = await Create(stage.Ada, gone, 5005, ("filename", "late.mp3"));
        for (var n = 1; n < 20; n++) await Create(stage.Ada, post, 10, ("filename", "a.bin"));
        (await Send(stage.Ada, HttpMethod.Post, $"/ada-makes/uploads/post/{post}", ("Upload-Length", "10"))).StatusCode.ShouldBe(HttpStatusCode.Conflict);

        (await stage.Ada.Post($"/ada-makes/posts/{gone}/delete", ("sure", "on"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await Patch(stage.Ada, late, 0, Files.Mp3())).StatusCode.ShouldBe(HttpStatusCode.NotFound, "its post was deleted while it was on its way");
        (await stage.Count("vault_file")).ShouldBe(0);
        await Create(stage.Ada, post, 10, ("filename", "a.bin"));
    }

    /// <summary>A line that breaks after some bytes, once they have come.</summary>
    private sealed class BreakingLine(byte[] bytes, int after, Func<bool> came) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < after) return await base.ReadAsync(buffer[..(int)Math.Min(buffer.Length, after - Position)], cancellationToken);
            for (var i = 0; i < 500 && !came(); i++) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancellationToken);
            throw new IOException("The line broke.");
        }
    }
}
