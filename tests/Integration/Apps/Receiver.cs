using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Stipend.Integration.Apps;

/// <summary>A delivery as it arrived.</summary>
internal sealed record Arrived(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Event => Headers["X-Patreon-Event"];
    public string Text => Encoding.UTF8.GetString(Body);
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>What a receiver written for Patreon computes and compares as text.</summary>
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "What such receivers check.")]
    public string OldSignature(string secret) => Convert.ToHexStringLower(HMACMD5.HashData(Encoding.UTF8.GetBytes(secret), Body));
}

/// <summary>A web server of somebody else's on this machine that takes webhooks. Each path answers as it is told to; by itself 200.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Arrived> _arrived = new();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Receiver(WebApplication app) => _app = app;

    /// <summary>How a path answers: its status, after waiting for something.</summary>
    public ConcurrentDictionary<string, Func<HttpContext, Task>> Answers { get; } = new();

    public string Url(string path) => _app.Urls.First() + path;

    public static async Task<Receiver> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Run(receiver.Take);
        await app.StartAsync();
        return receiver;
    }

    public void Answer(string path, int status) => Answers[path] = http =>
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync($"said {status}");
    };

    /// <summary>What has arrived at a path since it was last asked, in order.</summary>
    public List<Arrived> Taken(string path)
    {
        var all = _arrived.ToList();
        _arrived.Clear();
        foreach (var other in all.Where(a => a.Path != path)) _arrived.Enqueue(other);
        return all.Where(a => a.Path == path).ToList();
    }

    public IReadOnlyList<Arrived> All => [.. _arrived];

    /// <summary>Waits until so many have arrived altogether.</summary>
    public async Task Await(Func<IReadOnlyList<Arrived>, bool> enough)
    {
        while (true)
        {
            var more = Volatile.Read(ref _more).Task;
            if (enough(All)) return;
            await more.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    private async Task Take(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        _arrived.Enqueue(new Arrived(http.Request.Path, http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(),
            StringComparer.OrdinalIgnoreCase), body.ToArray()));
        Interlocked.Exchange(ref _more, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        if (Answers.TryGetValue(http.Request.Path, out var answer)) await answer(http);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
