using System.Net;
using System.Net.Sockets;

namespace Stipend.Platform.Http;

/// <summary>What came back from outside: status, headers by lower-case name, and the body up to the cap.</summary>
public sealed record OutsideAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>
/// The only way to call an address a person chose. Names are resolved here and connected to by the checked address, for every connection
/// and every redirect, so neither a name that changes its mind nor a redirect leads into the private network. Size and time are capped.
/// </summary>
public sealed class OutsideClient : IDisposable
{
    private const int MaxRedirects = 5;
    private readonly HttpClient _client;
    private readonly IReadOnlyList<IPNetwork> _allowed;

    public OutsideClient(HttpOptions options)
    {
        _allowed = HttpOptions.Networks(options.AllowedPrivateNetworks);
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            MaxResponseHeadersLength = 64,
            ConnectCallback = Connect,
        }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Sends a request; follows redirects of GET and HEAD only.</summary>
    /// <param name="request">Http or https; the caller disposes it.</param>
    /// <param name="maxBytes">The largest body taken.</param>
    /// <param name="timeout">For everything together; 20 seconds when null.</param>
    /// <param name="cutsShort">An answer that is longer, or takes longer, than allowed is taken as far as it came: its status says
    /// enough.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="Refusal">The address is not allowed, the answer too large, too slow or never ends redirecting, or nobody
    /// answers.</exception>
    public async Task<OutsideAnswer> Send(HttpRequestMessage request, int maxBytes = 1024 * 1024, TimeSpan? timeout = null,
        bool cutsShort = false, CancellationToken ct = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout ?? TimeSpan.FromSeconds(20));
        try
        {
            return await Follow(request, maxBytes, cutsShort, limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw Refusal.Invalid("address_too_slow", $"{Host(request)} took too long to answer.");
        }
        catch (HttpRequestException error)
        {
            for (Exception? inner = error; inner is not null; inner = inner.InnerException)
                if (inner is Refusal refusal) throw refusal;
            throw Refusal.Invalid("address_unreachable", $"{Host(request)} cannot be reached ({error.HttpRequestError}).");
        }
    }

    /// <summary>Whether an address is on the public internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var networks = address.AddressFamily == AddressFamily.InterNetwork ? s_privateV4 : s_privateV6;
        return !networks.Any(n => n.Contains(address))
            && (address.AddressFamily == AddressFamily.InterNetwork || s_globalV6.Contains(address));
    }

    public void Dispose() => _client.Dispose();

    private async Task<OutsideAnswer> Follow(HttpRequestMessage request, int maxBytes, bool cutsShort, CancellationToken ct)
    {
        var at = Checked(request.RequestUri);
        for (var hops = 0; ; hops++)
        {
            using var next = hops == 0 ? null
                : new HttpRequestMessage(request.Method, at); // carries none of the first one's headers elsewhere
            using var response = await _client.SendAsync(next ?? request, HttpCompletionOption.ResponseHeadersRead, ct);
            var redirects = (int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is not null
                && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head);
            if (!redirects) return await Read(response, maxBytes, cutsShort, ct);
            if (hops == MaxRedirects) throw Refusal.Invalid("address_redirects", $"{at.Host} redirects too often.");
            at = Checked(new Uri(at, response.Headers.Location!));
        }
    }

    private static Uri Checked(Uri? uri) => uri is { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "" }
        ? uri
        : throw Refusal.Invalid("address_not_allowed", "Only http and https addresses without a user name can be called.");

    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, ct);
        var allowed = Array.FindAll(addresses, IsAllowed);
        if (addresses.Length == 0
            || allowed.Length < addresses.Length) // a name with one private address is not to be trusted with the others
            throw Refusal.Invalid("address_not_allowed", $"{host} is not an address on the public internet.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }

    private bool IsAllowed(IPAddress address)
    {
        if (IsPublic(address)) return true;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return _allowed.Any(n => n.Contains(plain));
    }

    private static async Task<OutsideAnswer> Read(HttpResponseMessage response, int maxBytes, bool cutsShort, CancellationToken ct)
    {
        using var body = new MemoryStream();
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(ct);
            var chunk = new byte[16 * 1024];
            while (await stream.ReadAsync(chunk, ct) is > 0 and var read)
            {
                if (body.Length + read > maxBytes)
                {
                    if (cutsShort) break;
                    throw Refusal.Invalid("answer_too_large",
                        $"{response.RequestMessage?.RequestUri?.Host} sent more than {maxBytes:N0} bytes.");
                }
                await body.WriteAsync(chunk.AsMemory(0, read), ct);
            }
        }
        catch (Exception error) when (cutsShort && (error is OperationCanceledException or IOException or HttpRequestException))
        {
            // it took too long, or broke off: what it says has been said by its status
        }
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(h => h.Key.ToLowerInvariant(), h => string.Join(", ", h.Value));
        return new OutsideAnswer((int)response.StatusCode, headers, body.ToArray());
    }

    private static string Host(HttpRequestMessage request) => request.RequestUri?.Host ?? "The address";

    /// <summary>Addresses handed out today. Everything else (loopback, link-local, unique-local, NAT64, multicast) is not public.</summary>
    private static readonly IPNetwork s_globalV6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] s_privateV6 = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(n =>
        IPNetwork.Parse(n))];

    private static readonly IPNetwork[] s_privateV4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(n => IPNetwork.Parse(n)),
    ];
}
