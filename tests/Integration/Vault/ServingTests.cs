using System.Net;
using Shouldly;
using Stipend.Integration.Posts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Vault;

public sealed class ServingTests
{
    [Fact]
    public async Task Ranges_tags_and_heads_are_answered_as_the_standard_says()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite);
        var bytes = Files.Mp3(7, 300_000);
        var path = await Files.Upload(stage.Ada, await stage.Publishes("Open", "x"), "long.mp3", bytes);
        var visitor = stage.App.Visitor();
        var whole = await Files.Ask(visitor, path);
        var tag = whole.Headers.ETag!.ToString();
        whole.Headers.AcceptRanges.ShouldBe(["bytes"]);
        foreach (var (range, from, to) in new[] { ("0-0", 0, 1), ("10-19", 10, 20), ("299999-", 299_999, bytes.Length), ("-5", bytes.Length - 5, bytes.Length),
            ("100-99999999", 100, bytes.Length), ("65530-65545", 65_530, 65_546) })
        {
            var part = await Files.Ask(visitor, path, ("Range", $"bytes={range}"));
            part.StatusCode.ShouldBe(HttpStatusCode.PartialContent, range);
            part.Content.Headers.ContentRange!.ToString().ShouldBe($"bytes {from}-{to - 1}/{bytes.Length}");
            (await part.Content.ReadAsByteArrayAsync()).ShouldBe(bytes[from..to], range);
        }
        var beyond = await Files.Ask(visitor, path, ("Range", $"bytes={bytes.Length}-"));
        beyond.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
        beyond.Content.Headers.ContentRange!.ToString().ShouldBe($"bytes */{bytes.Length}");
        foreach (var odd in new[] { "bytes=0-1,5-9", "bytes=9-3", "lines=1-2", "bytes=x" }) // not understood, so answered whole
            (await Files.Ask(visitor, path, ("Range", odd))).StatusCode.ShouldBe(HttpStatusCode.OK, odd);
        (await Files.Ask(visitor, path, ("Range", "bytes=0-9"), ("If-Range", tag))).StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await Files.Ask(visitor, path, ("Range", "bytes=0-9"), ("If-Range", "\"other\""))).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var head = await visitor.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
        (head.StatusCode, head.Content.Headers.ContentLength).ShouldBe((HttpStatusCode.OK, bytes.Length));
        (await head.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_could_run_in_a_page_is_only_ever_downloaded_and_names_are_harmless()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite);
        var post = await stage.Publishes("Open", "x");
        foreach (var (name, bytes) in new[]
        {
            ("drawing.svg", Files.Text("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")), ("page.html", Files.Text("<html><script>alert(1)</script>")),
            ("notes.txt", Files.Text("<script>alert(1)</script>")), ("data.json", Files.Text("{}")), ("paper.pdf", Files.Text("%PDF-1.4 … %%EOF")),
            ("odd", Files.Text("just words")),
        })
        {
            var answer = await Files.Ask(stage.App.Visitor(), await Files.Upload(stage.Ada, post, name, bytes));
            answer.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment", name);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe(name.EndsWith("pdf", StringComparison.Ordinal) ? "application/pdf" : "application/octet-stream");
            answer.Headers.GetValues("Content-Security-Policy").ShouldBe(["default-src 'none'; sandbox"]);
            (await answer.Content.ReadAsByteArrayAsync()).ShouldBe(bytes);
        }
        var path = await Files.Upload(stage.Ada, post, "../../etc/\u202Egpj\"; x=\".mp3", Files.Mp3());
        Uri.UnescapeDataString(path.Split('/')[^1]).ShouldBe("gpj__ x=_.mp3");
        (await Files.Ask(stage.App.Visitor(), path)).Content.Headers.ContentDisposition!.DispositionType.ShouldBe("inline");
        (await Files.Ask(stage.App.Visitor(), path + "?download")).Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
        (await stage.App.Visitor().Open($"/ada-makes/posts/{post}")).Body.ShouldNotContain("<script>alert");
    }

    [Fact]
    public async Task A_file_whose_bytes_are_gone_is_a_sentence_and_not_half_an_answer()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite);
        var path = await Files.Upload(stage.Ada, await stage.Publishes("Open", "x"), "one.mp3", Files.Mp3());
        File.Delete(Files.Objects(stage.App).Single());
        var answer = await stage.App.Visitor().Get(path);
        ((int)answer.Status).ShouldBe(503);
        answer.Text.ShouldContain("stipend vault scrub");
    }
}
