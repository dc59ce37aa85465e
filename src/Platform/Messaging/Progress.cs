using Stipend.Platform.Data;

namespace Stipend.Platform.Messaging;

/// <summary>
/// Long work tells here that it got on. A process that dies of a message again and again has it parked; one that dies often on the way
/// through much work, getting on each time, must not: the rest of the work would wait for the operator.
/// </summary>
public sealed class Progress(Db db, Clock clock)
{
    private Instant _told = Instant.MinValue;

    /// <summary>From here on a performer's attempts are counted anew. Call it when a part is committed; it is written down once a second.</summary>
    public async Task Made(MessageContext context, CancellationToken ct)
    {
        var now = clock.Now();
        if (now - _told is var since && since >= Duration.Zero && since < Duration.FromSeconds(1)) return;
        await db.Execute("UPDATE message SET attempts = 1 WHERE id = @id AND status = 'pending'", ct, ("id", context.Id));
        _told = now;
    }
}
