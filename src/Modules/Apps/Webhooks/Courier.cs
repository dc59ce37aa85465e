using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stipend.Apps.Contracts;
using Stipend.Apps.Model;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;

namespace Stipend.Apps.Webhooks;

/// <summary>
/// Delivers. Each webhook with something to send has a turn of its own, up to so many at a time: one whose receiver is slow or dead holds up
/// nobody else, and what waits for it stays in order. Nothing is sent inside a transaction.
/// </summary>
internal sealed class Courier(IServiceScopeFactory scopes, OutsideClient outside, WakeUp<Courier> wakeUp, PumpOptions pump, Clock clock,
    IOptions<AppsOptions> options, ILogger<Courier> log) : BackgroundService
{
    /// <summary>A receiver that has not answered by then has failed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int ParcelsPerTurn = 50, AnswerKept = 2_000, AnswerRead = 16 * 1024;
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!pump.Enabled) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Deliver(endsWhenIdle: false, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is System.Data.Common.DbException or IOException or InvalidOperationException)
            {
                log.LogError(error, "Webhooks cannot be delivered now; trying again");
                await Task.Delay(Pause, clock.Provider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Delivers everything that is due and ends.</summary>
    public Task DeliverDue(CancellationToken ct = default) => Deliver(endsWhenIdle: true, ct);

    private TimeSpan Pause => TimeSpan.FromSeconds(pump.PollSeconds);

    /// <summary>Hands out turns as long as some are due, or until all is delivered; then waits for those that are under way.</summary>
    private async Task Deliver(bool endsWhenIdle, CancellationToken ct)
    {
        var turns = new HashSet<Task>();
        try
        {
            while (true)
            {
                turns.RemoveWhere(t => t.IsCompleted);
                var awake = wakeUp.Next; // taken before looking: what comes meanwhile is not missed
                var free = options.Value.WebhooksAtOnce - turns.Count;
                var claimed = free > 0 ? await With(queue => queue.Claim(free, ct)) : [];
                foreach (var turn in claimed) turns.Add(Take(turn, ct));
                if (claimed.Count == free && free > 0) continue; // there may be more
                if (turns.Count == 0 && endsWhenIdle) return;
                using var rest = CancellationTokenSource.CreateLinkedTokenSource(ct);
                await Task.WhenAny([.. turns, awake, Task.Delay(Pause, clock.Provider, rest.Token)]);
                await rest.CancelAsync();
                ct.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await Task.WhenAll(turns);
        }
    }

    /// <summary>Sends a webhook what waits for it, in order, until something fails or its time is over.</summary>
    private async Task Take(Turn turn, CancellationToken ct)
    {
        var (outcomes, began) = (new List<Outcome>(), Stopwatch.GetTimestamp());
        try
        {
            foreach (var parcel in await With(queue => queue.Next(turn.WebhookId, ParcelsPerTurn, ct)))
            {
                if (outcomes.Count > 0 && !await With(queue => queue.GoesOn(turn, ct))) break;
                outcomes.Add(await Send(turn, parcel, ct));
                if (!outcomes[^1].IsSuccess || Stopwatch.GetElapsedTime(began) > s_turn) break;
            }
            await With(async queue => { await queue.Record(turn, outcomes, ct); return true; });
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await With(async queue => { await queue.Record(turn, outcomes, CancellationToken.None); return true; }); // what was sent is not sent twice
        }
        catch (Exception error) // others are waiting for their turns, whatever is wrong with this one
        {
            log.LogError(error, "A webhook's turn could not be ended; it has another when its lease is over");
        }
    }

    private async Task<Outcome> Send(Turn turn, Parcel parcel, CancellationToken ct)
    {
        var (at, began) = (clock.Now(), Stopwatch.GetTimestamp());
        long Took() => (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, turn.Uri) { Content = new ByteArrayContent(parcel.Body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            foreach (var (name, value) in Headers(turn.Secret, parcel, at)) request.Headers.TryAddWithoutValidation(name, value);
            var answer = await outside.Send(request, AnswerRead, Patience, cutsShort: true, ct: ct);
            return new Outcome(parcel.Id, answer.Status, Beginning(answer.Body), null, Took(), at);
        }
        catch (Refusal refusal)
        {
            return new Outcome(parcel.Id, null, null, refusal.Message, Took(), at);
        }
        catch (Exception error) when (error is IOException or UriFormatException or InvalidOperationException)
        {
            return new Outcome(parcel.Id, null, null, $"The answer could not be read ({error.GetType().Name}).", Took(), at);
        }
    }

    /// <summary>The headers of a delivery, as they are sent and as the log shows them.</summary>
    internal static IReadOnlyList<(string Name, string Value)> Headers(string secret, Parcel parcel, Instant at)
    {
        var (id, seconds) = (WebhookDelivery.MessageIdOf(parcel.Id), at.ToUnixTimeSeconds());
        return
        [
            ("User-Agent", "Stipend-Webhooks/1"), ("X-Patreon-Event", parcel.Event), ("X-Patreon-Signature", Signatures.Old(secret, parcel.Body)),
            ("webhook-id", id), ("webhook-timestamp", seconds.ToString(CultureInfo.InvariantCulture)),
            ("webhook-signature", Signatures.Standard(secret, id, seconds, parcel.Body)),
        ];
    }

    private static string Beginning(byte[] body) =>
        Encoding.UTF8.GetString(body, 0, Math.Min(body.Length, AnswerKept)).Replace("\0", "", StringComparison.Ordinal);

    private async Task<T> With<T>(Func<DeliveryQueue, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<DeliveryQueue>());
    }
}
