using System.Net;
using System.Net.Http.Headers;

namespace Stipend.TestGateway;

/// <summary>The gateway without a network: an <see cref="HttpClient"/> over this handler talks to the core in the same process.</summary>
public sealed class InProcessHandler(TestGatewayCore core) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var key = request.Headers.TryGetValues("Idempotency-Key", out var values) ? string.Concat(values) : null;
        var reply = core.Answer(new GatewayCall(request.Method.Method, request.RequestUri!.AbsolutePath, request.RequestUri.Query, body,
            request.Content?.Headers.ContentType?.MediaType, key, request.Headers.Authorization?.Parameter));
        if (reply.Fate == ReplyFate.Lose)
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "The connection closed before the gateway's reply arrived.");
        var response = new HttpResponseMessage((HttpStatusCode)reply.Status)
            { Content = new ByteArrayContent(reply.Body), RequestMessage = request };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (reply.Replayed) response.Headers.Add("Idempotent-Replayed", "true");
        return response;
    }
}
