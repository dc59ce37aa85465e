using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stipend.Support;

/// <summary>A tiny SMTP server on loopback that keeps what it is sent; it can be told to refuse first, and what to say instead.</summary>
public sealed class SmtpSink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _refusals, _connections;

    public SmtpSink()
    {
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The envelopes and raw messages received, in order.</summary>
    public ConcurrentQueue<Received> Mails { get; } = new();

    /// <summary>Connections made so far.</summary>
    public int Connections => _connections;

    /// <summary>What to say instead of the usual: of the verb (<c>.</c> is the end of the text) and the recipient; null says the usual, an empty text
    /// hangs up.</summary>
    public Func<string, string, string?>? Says { get; set; }

    /// <summary>Forgets the texts of messages as they come.</summary>
    public bool KeepsHeadersOnly { get; init; }

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
        var talks = new List<Task>();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                talks.Add(Serve(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // we stop
            }
        }
        await Task.WhenAll(talks);
    }

    private async Task Serve(TcpClient client)
    {
        Interlocked.Increment(ref _connections);
        try
        {
            using (client) await Talk(client);
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // the other side left, or we stop
        }
    }

    private async Task Talk(TcpClient client)
    {
        client.NoDelay = true;
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 sink");
        string from = "", to = "";
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            var verb = line.Split(' ', ':')[0].ToUpperInvariant();
            if (verb == "MAIL") from = line;
            if (verb == "RCPT") to = line;
            var answer = Says?.Invoke(verb, to) ?? verb switch
            {
                "EHLO" => "250 sink",
                "DATA" when Interlocked.Decrement(ref _refusals) >= 0 => "451 later",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            if (answer.Length == 0) return;
            await writer.WriteLineAsync(answer);
            if (verb == "QUIT") return;
            if (verb == "DATA" && answer[0] == '3' && !await Data(reader, writer, from, to)) return;
        }
    }

    private async Task<bool> Data(StreamReader reader, StreamWriter writer, string from, string to)
    {
        var (raw, inText) = (new StringBuilder(), false);
        while (await reader.ReadLineAsync(_stop.Token) is var line && line != ".")
        {
            if (line is null) return false; // broken off before its end: no mail
            if (!inText || !KeepsHeadersOnly) raw.Append(line.StartsWith('.') ? line[1..] : line).Append('\n');
            inText |= line.Length == 0;
        }
        var answer = Says?.Invoke(".", to) ?? "250 kept";
        if (answer.Length == 0 || answer[0] == '2') Mails.Enqueue(new Received(from, to, raw.ToString()));
        if (answer.Length > 0) await writer.WriteLineAsync(answer);
        return answer.Length > 0;
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
