using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;

namespace Stipend.Operations;

/// <summary>What operators did: append-only, ids rather than personal data.</summary>
internal sealed class OperatorTrail(Db db, Ids ids, Clock clock)
{
    public Task Write(long operatorId, string action, string detail, CancellationToken ct) => db.Execute(
        "INSERT INTO operator_action (id, operator_id, action, detail, at) VALUES (@id, @who, @action, @detail, @at)", ct,
        ("id", ids.Next()), ("who", operatorId), ("action", action), ("detail", detail), ("at", clock.Now()));

    /// <summary>The newest actions.</summary>
    public async Task<IReadOnlyList<OperatorAction>> Newest(int take, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT id, operator_id, action, detail, at FROM operator_action ORDER BY id DESC LIMIT @take", ct, ("take", (long)take));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<OperatorAction>();
        while (await reader.ReadAsync(ct))
            found.Add(new OperatorAction { Id = reader.GetInt64(0), OperatorId = reader.GetInt64(1), Action = reader.GetString(2),
                Detail = reader.GetString(3), At = Instant.FromUnixTimeMilliseconds(reader.GetInt64(4)) });
        return found;
    }
}

/// <summary>One thing an operator did.</summary>
internal sealed class OperatorAction
{
    public long Id { get; init; }
    public long OperatorId { get; init; }
    public string Action { get; init; } = "";
    public string Detail { get; init; } = "";
    public Instant At { get; init; }
}

internal sealed class OperationsModel : IModelPart
{
    public void Build(Tables tables) => tables.Map<OperatorAction>();
}
