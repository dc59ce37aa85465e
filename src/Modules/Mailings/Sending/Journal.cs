using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Mailings.Model;

namespace Stipend.Mailings.Sending;

/// <summary>
/// Writes down for several connections at once: whatever they say while one transaction is being committed goes into the next. What a connection is
/// told has been committed.
/// </summary>
internal sealed class Journal : IAsyncDisposable
{
    private readonly Channel<Note> _notes = Channel.CreateUnbounded<Note>();
    private readonly Task _writing;

    public Journal(IServiceScopeFactory scopes, Turn turn) => _writing = Write(scopes, turn);

    private sealed record Note(Posted? Posted, Letter? Leaving, TaskCompletionSource<bool> Written);

    /// <summary>Notes what became of a letter, that another is to leave, or both; answers whether that one may.</summary>
    public Task<bool> Pass(Posted? posted, Letter? leaving)
    {
        if (posted is null && leaving is null) return Task.FromResult(false);
        var note = new Note(posted, leaving, new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
        _notes.Writer.TryWrite(note);
        return note.Written.Task;
    }

    private async Task Write(IServiceScopeFactory scopes, Turn turn)
    {
        await using var scope = scopes.CreateAsyncScope();
        var queue = scope.ServiceProvider.GetRequiredService<MailingQueue>();
        while (await _notes.Reader.WaitToReadAsync())
        {
            var notes = new List<Note>();
            while (_notes.Reader.TryRead(out var note)) notes.Add(note);
            try
            {
                // To the end, also while the site stops: what was sent must be written down.
                var may = await queue.Pass(turn, [.. notes.Select(n => n.Posted).OfType<Posted>()], [.. notes.Select(n => n.Leaving).OfType<Letter>()],
                    CancellationToken.None);
                foreach (var note in notes) note.Written.SetResult(note.Leaving is { } leaving && may.Contains(leaving.PersonId));
            }
            catch (Exception error) // whatever it is, the connections must hear of it: they wait
            {
                foreach (var note in notes) note.Written.SetException(error);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _notes.Writer.Complete();
        await _writing;
    }
}
