using Stipend.Platform.Data;

namespace Stipend.Platform.Messaging;

/// <summary>
/// Long work tells here that it got on. A process that dies of a message again and again has it parked; one that dies often on the way
/// through much work, getting on each time, must not: the rest of the work would wait for the operator.
/// </summary>
public sealed class Progress(Db db)
{
    /// <summary>From here on a performer's attempts are counted anew. Call it when a part is committed, or in its transaction.</summary>
    public Task Made(MessageContext context, CancellationToken ct) =>
        db.Execute("UPDATE message SET attempts = 1 WHERE id = @id AND status = 'pending'", ct, ("id", context.Id));
}
