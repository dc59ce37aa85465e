using System.Net;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Stipend.Kernel;
using Stipend.Platform.Http;
using Xunit;

namespace Stipend.Integration.Platform;

public sealed class OutsideClientTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.9.10")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.169.254")] // metadata of clouds
    [InlineData("100.64.0.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2001:0:1::1")]
    [InlineData("2001:db8::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    public void An_address_off_the_public_internet_is_known_as_one(string address) =>
        OutsideClient.IsPublic(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("192.167.255.255")]
    [InlineData("100.63.255.255")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450::1")]
    public void An_address_on_the_public_internet_is_known_as_one(string address) =>
        OutsideClient.IsPublic(IPAddress.Parse(address)).ShouldBeTrue();

    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://localhost:{0}/")]
    [InlineData("http://2130706433:{0}/")]
    [InlineData("http://0x7f.1:{0}/")]
    [InlineData("http://[::1]:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://0.0.0.0:{0}/")]
    public async Task No_way_of_writing_this_machine_leads_to_it(string address)
    {
        await using var server = new OneAnswer("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
        using var client = new OutsideClient(new HttpOptions());
        using var request = new HttpRequestMessage(HttpMethod.Get, string.Format(address, server.Port));
        (await Should.ThrowAsync<Refusal>(() => client.Send(request))).Code.ShouldBe("address_not_allowed");
        server.Asked.ShouldBe(0);
    }

    [Theory]
    [InlineData("ftp://example.org/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://user:word@example.org/")]
    public async Task Only_plain_web_addresses_are_called(string address)
    {
        using var client = new OutsideClient(new HttpOptions());
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        (await Should.ThrowAsync<Refusal>(() => client.Send(request))).Code.ShouldBe("address_not_allowed");
    }

    [Fact]
    public async Task An_allowed_network_is_reached_and_a_redirect_out_of_it_is_not_followed()
    {
        await using var hidden = new OneAnswer("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret", "127.0.0.2");
        await using var server = new OneAnswer($"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:{hidden.Port}/\r\nContent-Length: 0\r\n\r\n");
        using var client = new OutsideClient(new HttpOptions { AllowedPrivateNetworks = "127.0.0.1" });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{server.Port}/");
        (await Should.ThrowAsync<Refusal>(() => client.Send(request))).Code.ShouldBe("address_not_allowed");
        (server.Asked, hidden.Asked).ShouldBe((1, 0));
    }

    [Fact]
    public async Task A_redirect_takes_no_credentials_along()
    {
        await using var target = new OneAnswer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var server = new OneAnswer($"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{target.Port}/\r\nContent-Length: 0\r\n\r\n");
        using var client = new OutsideClient(new HttpOptions { AllowedPrivateNetworks = "127.0.0.0/8" });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{server.Port}/");
        request.Headers.Add("Authorization", "Bearer secret");
        var answer = await client.Send(request);
        Encoding.ASCII.GetString(answer.Body).ShouldBe("ok");
        server.Request.ShouldContain("Bearer secret");
        target.Request.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Redirects_that_never_end_are_given_up()
    {
        await using var server = new OneAnswer("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
        using var client = new OutsideClient(new HttpOptions { AllowedPrivateNetworks = "127.0.0.1" });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{server.Port}/");
        (await Should.ThrowAsync<Refusal>(() => client.Send(request))).Code.ShouldBe("address_redirects");
    }

    [Fact]
    public async Task An_answer_larger_than_the_cap_is_cut_off_whatever_it_says_of_its_length()
    {
        await using var server = new OneAnswer("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + new string('x', 5_000));
        using var client = new OutsideClient(new HttpOptions { AllowedPrivateNetworks = "127.0.0.1" });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{server.Port}/");
        (await Should.ThrowAsync<Refusal>(() => client.Send(request, maxBytes: 4_000))).Code.ShouldBe("answer_too_large");
    }

    [Fact]
    public async Task Who_never_answers_is_given_up_and_who_is_not_there_is_told()
    {
        await using var server = new OneAnswer(null);
        using var client = new OutsideClient(new HttpOptions { AllowedPrivateNetworks = "127.0.0.1" });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{server.Port}/");
        (await Should.ThrowAsync<Refusal>(() =>
            client.Send(request, timeout: TimeSpan.FromMilliseconds(200)))).Code.ShouldBe("address_too_slow");

        using var nobody = new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1:1/");
        (await Should.ThrowAsync<Refusal>(() => client.Send(nobody))).Code.ShouldBe("address_unreachable");
    }

    /// <summary>A server that gives every connection one answer, or none.</summary>
    private sealed class OneAnswer : IAsyncDisposable
    {
        private readonly TcpListener _listener;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _serving;
        private readonly string? _answer;

        public OneAnswer(string? answer, string address = "127.0.0.1")
        {
            _answer = answer;
            _listener = new TcpListener(IPAddress.Parse(address), 0);
            _listener.Start();
            _serving = Serve();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;
        public int Asked { get; private set; }
        public string Request { get; private set; } = "";

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _listener.Stop();
            await _serving;
            _stop.Dispose();
        }

        private async Task Serve()
        {
            while (!_stop.IsCancellationRequested)
            {
                try
                {
                    using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                    Asked++;
                    var buffer = new byte[8192];
                    Request = Encoding.ASCII.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer, _stop.Token));
                    if (_answer is null) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
                    else await client.GetStream()
                        .WriteAsync(Encoding.ASCII.GetBytes(_answer.Replace("Content-Length", "Connection: close\r\nContent-Length")),
                        _stop.Token);
                }
                catch (Exception error) when (error is OperationCanceledException or SocketException or IOException)
                {
                    // the other side left, or we stop
                }
            }
        }
    }
}
