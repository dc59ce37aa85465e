using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Vault;

/// <summary>Requests that say how large they will be and send nothing yet.</summary>
public sealed class DeclaredTests
{
    private const string Bytes = "application/offset+octet-stream", Form = "multipart/form-data; boundary=x";

    [Fact]
    public async Task What_says_it_is_too_large_is_refused_before_any_of_it_is_read()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, listens: true);
        var ada = await app.SignUp("ada");
        var campaign = await app.HasCampaign("ada-makes", ada.Id);
        var post = await app.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada.Id, "One", "x", Audience.Public, false, null)));
        using var asked = new HttpRequestMessage(HttpMethod.Get, "/");
        await ada.Client.SendAsync(asked);
        var (cookie, to) = (asked.Headers.GetValues("Cookie").Single(), $"/ada-makes/uploads/post/{post}");
        var small = await Tus.Create(ada, post, 10, ("filename", "a.bin"));
        const long declared = 4L * 1024 * 1024 * 1024;
        foreach (var (line, says, headers) in new[]
        {
            ($"POST {to}", "A file can have at most 2.1 GB; this has 4.3 GB.", new[] { $"Upload-Length: {declared}", "Content-Length: 0" }),
            ($"POST {to}", "A file can have at most 2.1 GB; this has 4.3 GB.", [$"Content-Type: {Form}", $"Content-Length: {declared}"]),
            ($"POST {to}", "A file can have at most 2.1 GB; this has 4.3 GB.", [$"Content-Type: {Form}", $"Content-Length: {declared}", "Accept: text/html"]),
            ($"POST {to}", "More bytes came than", ["Upload-Length: 10", $"Content-Type: {Bytes}", $"Content-Length: {declared}"]),
            ($"PATCH {small}", "More bytes came than", ["Upload-Offset: 0", $"Content-Type: {Bytes}", $"Content-Length: {declared}"]),
            ("POST /ada-makes/posts/new", "This is larger than the page takes.", ["Content-Type: application/x-www-form-urlencoded", $"Content-Length: {declared}"]),
        })
        {
            var answer = await Says(app.Address, [$"{line} HTTP/1.1", $"Host: {app.Address.Authority}", $"Cookie: {cookie}", "Tus-Resumable: 1.0.0", .. headers]);
            answer.ShouldStartWith("HTTP/1.1 413 ", Case.Sensitive, string.Join(' ', headers));
            answer.ShouldContain(says, Case.Sensitive, line);
        }
        (await Files.Column(app, "SELECT id FROM vault_upload")).Count.ShouldBe(1); // the small one
        Files.Arriving(app).Length.ShouldBe(1);
    }

    /// <summary>The beginning of the answer to a request of which only the head is ever sent.</summary>
    private static async Task<string> Says(Uri to, string[] lines)
    {
        using var line = new TcpClient();
        await line.ConnectAsync(to.Host, to.Port, TestContext.Current.CancellationToken);
        var stream = line.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Join("\r\n", lines) + "\r\n\r\n"), TestContext.Current.CancellationToken);
        var (said, buffer) = (new StringBuilder(), new byte[16 * 1024]);
        while (!IsToldIn(said.ToString()) && await stream.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var read)
            said.Append(Encoding.UTF8.GetString(buffer, 0, read));
        return said.ToString();
    }

    /// <summary>The sentence stands before these, on a page and in a document.</summary>
    private static bool IsToldIn(string answer) => answer.Contains("</main>", StringComparison.Ordinal) || answer.Contains("\"trace\"", StringComparison.Ordinal);
}
