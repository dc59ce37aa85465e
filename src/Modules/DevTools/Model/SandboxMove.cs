using Microsoft.EntityFrameworkCore;
using Stipend.DevTools.Contracts;
using Stipend.Platform.Data;

namespace Stipend.DevTools.Model;

/// <summary>A move of a sandbox's clock from one instant of its book to another.</summary>
internal sealed class SandboxMove
{
    public required long Id { get; init; }
    public required long BookId { get; init; }
    public required long CampaignId { get; init; }

    /// <summary>Who started it; null: a command.</summary>
    public long? PersonId { get; init; }
    public required Instant FromAt { get; init; }
    public required Instant ToAt { get; init; }
    public required Instant At { get; set; }
    public int Stops { get; set; }
    public MoveState State { get; set; }

    /// <summary>Why it failed.</summary>
    public string? Note { get; set; }
    public required string BeforeJson { get; init; }
    public string? SummaryJson { get; set; }
    public required Instant StartedAt { get; init; }

    /// <summary>Wall clock: when its mover was last heard of.</summary>
    public required Instant BeatAt { get; set; }
    public Instant? EndedAt { get; set; }
}

internal sealed class DevToolsModel : IModelPart
{
    public void Build(Tables tables) => tables.Map<SandboxMove>();
}

internal static class DevToolsDb
{
    extension(Db db)
    {
        public DbSet<SandboxMove> SandboxMoves => db.Set<SandboxMove>();
    }
}
