using Stipend.Platform.Data;

namespace Stipend.Platform.Messaging;

/// <summary>What the platform's tables forget with time.</summary>
internal sealed class Upkeep(Db db, MessageStore messages, Clock clock)
{
    /// <summary>Answers to unsafe API calls are kept so long.</summary>
    public static readonly Duration AnswersKept = Duration.FromDays(7);

    public async Task Run(CancellationToken ct)
    {
        await messages.Purge(ct);
        await db.Execute("DELETE FROM idempotency WHERE created_at < @before", ct, ("before", clock.Now() - AnswersKept));
    }
}
