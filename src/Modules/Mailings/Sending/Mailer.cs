using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stipend.Mailings.Contracts;
using Stipend.Mailings.Model;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;

namespace Stipend.Mailings.Sending;

/// <summary>
/// Sends posts by mail: mailings take turns, some hundred people each, over a few connections that are kept as long as there is something to send.
/// Nothing is sent inside a transaction, and nothing leaves before it is committed that it does.
/// </summary>
internal sealed class Mailer(IServiceScopeFactory scopes, MailLines lines, WakeUp<Mailer> wakeUp, PumpOptions pump, Clock clock,
    IOptions<MailingsOptions> options, ILogger<Mailer> log) : BackgroundService
{
    private static readonly TimeSpan s_turn = TimeSpan.FromMinutes(1);
    private readonly TokenBucketRateLimiter _rate = Rate(options.Value.PerSecond);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!pump.Enabled) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var awake = wakeUp.Next; // taken before looking: what comes meanwhile is not missed
                await SendDue(stoppingToken);
                using var rest = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                await Task.WhenAny(awake, Task.Delay(Pause, clock.Provider, rest.Token));
                await rest.CancelAsync();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) // whatever it is, the site must not stop for it
            {
                log.LogError(error, "Posts cannot be mailed now; trying again");
                await Task.Delay(Pause, clock.Provider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Sends everything that is due and ends.</summary>
    public async Task SendDue(CancellationToken ct = default)
    {
        var (kept, drawn) = (new ConcurrentBag<IMailLine>(), new Drawn());
        try
        {
            while (!ct.IsCancellationRequested && await With<MailingQueue, Turn?>(queue => queue.Claim(ct)) is { } turn) await Take(turn, kept, drawn, ct);
        }
        finally
        {
            foreach (var line in kept) await line.DisposeAsync();
        }
    }

    public override void Dispose()
    {
        _rate.Dispose();
        base.Dispose();
    }

    private TimeSpan Pause => TimeSpan.FromSeconds(pump.PollSeconds);

    private async Task Take(Turn turn, ConcurrentBag<IMailLine> kept, Drawn drawn, CancellationToken ct)
    {
        var ending = TurnEnd.Done;
        try
        {
            var (batch, isPostponed) = await With<Envelopes, (Batch?, bool)>(e => e.Next(turn, options.Value.PeopleAtOnce, drawn, ct));
            if (isPostponed) ending = TurnEnd.Postponed;
            else if (batch is { Letters.Count: > 0 } && await Post(turn, batch, kept, ct)) ending = TurnEnd.Troubled;
        }
        catch (Exception error) when (!ct.IsCancellationRequested) // other mailings wait for their turns, whatever is wrong with this one
        {
            log.LogError(error, "The mails of a post could not be sent now; they have another turn later");
            ending = TurnEnd.Troubled;
        }
        finally
        {
            await With<MailingQueue, bool>(async queue => { await queue.End(turn, ending, CancellationToken.None); return true; });
        }
    }

    /// <summary>Hands a batch over, by several connections. Answers whether the mail server could not be reached.</summary>
    private async Task<bool> Post(Turn turn, Batch batch, ConcurrentBag<IMailLine> kept, CancellationToken ct)
    {
        var (rest, trouble) = (new ConcurrentQueue<Letter>(batch.Letters), new CancellationTokenSource());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, trouble.Token);
        stop.CancelAfter(s_turn); // what is left has its turn again
        await using (var journal = new Journal(scopes, turn))
        {
            var isLive = turn.BookId == Book.Live;
            async Task Work()
            {
                // Sandboxes have another way out, which holds nothing open.
                var line = isLive && kept.TryTake(out var open) ? open : lines.Open(turn.BookId);
                try
                {
                    await HandOver(batch, rest, journal, line, trouble, stop.Token);
                }
                finally
                {
                    if (isLive) kept.Add(line);
                    else await line.DisposeAsync();
                }
            }
            await Task.WhenAll(Enumerable.Range(0, Math.Min(options.Value.Connections, batch.Letters.Count)).Select(_ => Work()));
        }
        using (trouble) return trouble.IsCancellationRequested;
    }

    private async Task HandOver(Batch batch, ConcurrentQueue<Letter> rest, Journal journal, IMailLine line, CancellationTokenSource trouble,
        CancellationToken stop)
    {
        Posted? last = null;
        try
        {
            while (!stop.IsCancellationRequested && rest.TryDequeue(out var letter))
            {
                using var leave = _rate.AttemptAcquire();
                if (!leave.IsAcquired)
                {
                    await journal.Pass(last, null); // not left unwritten while we wait
                    last = null;
                    using var waited = await _rate.AcquireAsync(1, stop);
                }
                var settled = last;
                last = null;
                if (!await journal.Pass(settled, letter)) continue;
                last = new Posted(letter, await line.Send(batch.Draw(letter, clock.Now())));
                if (last.Answer.Fate != MailFate.Unreachable) continue;
                log.LogWarning("The mail server cannot be reached ({Code}); mails about posts wait", last.Answer.Code);
                await trouble.CancelAsync();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the turn is over
        }
        finally
        {
            await journal.Pass(last, null);
        }
    }

    /// <summary>So many mails in a second over all connections, and no more than a second's worth at once.</summary>
    private static TokenBucketRateLimiter Rate(int perSecond)
    {
        var together = Math.Max(1, perSecond / 20); // every twentieth of a second, or less often: exactly as many as are allowed
        return new(new TokenBucketRateLimiterOptions
        {
            TokenLimit = perSecond, TokensPerPeriod = together, ReplenishmentPeriod = TimeSpan.FromSeconds((double)together / perSecond),
            QueueLimit = int.MaxValue, AutoReplenishment = true,
        });
    }

    private async Task<T> With<TService, T>(Func<TService, Task<T>> work) where TService : notnull
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<TService>());
    }
}
