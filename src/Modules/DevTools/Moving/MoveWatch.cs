using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Data;

namespace Stipend.DevTools.Moving;

/// <summary>
/// Tells a move's row every second where its clock is and that its mover lives. When the row says that somebody ended the move,
/// <see cref="Lost"/> stops the mover.
/// </summary>
internal sealed class MoveWatch : IProgress<Instant>, IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private readonly long _moveId;
    private readonly IProgress<Instant>? _also;
    private readonly IServiceScopeFactory _scopes;
    private readonly Clock _clock;
    private readonly CancellationTokenSource _lost, _stop;
    private readonly Task _beating;
    private long _at;
    private int _stops;

    public MoveWatch(long moveId, Instant at, IProgress<Instant>? also, IServiceScopeFactory scopes, Clock clock, CancellationToken ct)
    {
        (_moveId, _at, _also, _scopes, _clock) = (moveId, at.ToUnixTimeMilliseconds(), also, scopes, clock);
        _lost = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _beating = Beat(_stop.Token);
    }

    /// <summary>Cancelled when the mover must stop.</summary>
    public CancellationToken Lost => _lost.Token;

    public void Report(Instant value)
    {
        Interlocked.Exchange(ref _at, value.ToUnixTimeMilliseconds());
        Interlocked.Increment(ref _stops);
        _also?.Report(value);
    }

    /// <summary>Writes the last position.</summary>
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _beating;
        await Write(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _beating;
        _stop.Dispose();
        _lost.Dispose();
    }

    private async Task Beat(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await Task.Delay(s_pause, _clock.Provider, ct);
                if (await Write(ct)) continue;
                await _lost.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // the move has ended
        }
        catch (System.Data.Common.DbException)
        {
            // the row falls silent; the move itself meets the same trouble and says so
        }
    }

    private async Task<bool> Write(CancellationToken ct)
    {
        await using var scope = _scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<Db>().Execute(
            "UPDATE sandbox_move SET at = @at, stops = @stops, beat_at = @now WHERE id = @id AND state = 'running'", ct,
            ("at", Interlocked.Read(ref _at)), ("stops", (long)Volatile.Read(ref _stops)), ("now", _clock.Now()), ("id", _moveId)) > 0;
    }
}
