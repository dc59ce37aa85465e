namespace Stipend.Comments.Contracts;

/// <summary>Settings under <c>Stipend:Comments</c>.</summary>
public sealed record CommentsOptions
{
    /// <summary>Comments one person may write in a minute.</summary>
    public int PerMinute { get; init; } = 6;

    /// <summary>Comments one person may write in a day.</summary>
    public int PerDay { get; init; } = 200;

    /// <summary>Reports after which a comment is held until a moderator has looked; 0: never by itself.</summary>
    public int HoldAfterReports { get; init; } = 3;
}
