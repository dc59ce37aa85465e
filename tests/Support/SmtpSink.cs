using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stipend.Support;

/// <summary>A tiny SMTP server on loopback that keeps what it is sent; it can be told to refuse first.</summary>
public sealed class SmtpSink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _refusals;

    public SmtpSink()
    {
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The envelopes and raw messages received, in order.</summary>
    public ConcurrentQueue<Received> Mails { get; } = new();

    /// <summary>Answers the next <paramref name="times"/> messages with a temporary failure.</summary>
    public void RefuseNext(int times) => _refusals = times;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task Accept()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await Talk(client);
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
            {
                // the other side left, or we stop
            }
        }
    }

    private async Task Talk(TcpClient client)
    {
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 sink");
        string from = "", to = "";
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            var verb = line.Split(' ', ':')[0].ToUpperInvariant();
            if (verb == "QUIT")
            {
                await writer.WriteLineAsync("221 bye");
                return;
            }
            if (verb == "MAIL") from = line;
            if (verb == "RCPT") to = line;
            await writer.WriteLineAsync(verb switch
            {
                "EHLO" => "250 sink",
                "DATA" when Interlocked.Decrement(ref _refusals) >= 0 => "451 later",
                "DATA" => "354 go on",
                _ => "250 ok",
            });
            if (verb == "DATA" && _refusals < 0) await Data(reader, writer, from, to);
        }
    }

    private async Task Data(StreamReader reader, StreamWriter writer, string from, string to)
    {
        var raw = new StringBuilder();
        while (await reader.ReadLineAsync(_stop.Token) is { } line && line != ".") raw.Append(line.StartsWith('.') ? line[1..] : line)
            .Append('\n');
        Mails.Enqueue(new Received(from, to, raw.ToString()));
        await writer.WriteLineAsync("250 kept");
    }

    /// <summary>One message as it came over the wire.</summary>
    public sealed record Received(string From, string To, string Raw)
    {
        /// <summary>The value of a header, unfolded; null when absent.</summary>
        public string? Header(string name) =>
            Headers().FirstOrDefault(h => h.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

        /// <summary>Every header line, unfolded.</summary>
        public IReadOnlyList<string> Headers() =>
            Raw[..Raw.IndexOf("\n\n", StringComparison.Ordinal)].Replace("\n ", " ").Replace("\n\t", " ").Split('\n');
    }
}
