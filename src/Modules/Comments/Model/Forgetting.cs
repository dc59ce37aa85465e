using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Comments.Model;

/// <summary>What a closed account wrote is deleted as if by its author; answers of others stay.</summary>
internal sealed class ForgetsAuthors(Db db) : IHandle<AccountClosed>
{
    public async Task Handle(AccountClosed message, MessageContext context, CancellationToken ct)
    {
        var person = ("person", (object?)message.PersonId);
        await db.Execute("UPDATE comment SET body = '', state = 'deleted', pinned_at = NULL WHERE author_id = @person", ct, person);
        await db.Execute("DELETE FROM comment_like WHERE person_id = @person", ct, person);
        await db.Execute("DELETE FROM comment_mute WHERE person_id = @person OR muted_id = @person", ct, person);
        await db.Execute("DELETE FROM comment_moderator WHERE person_id = @person", ct, person);
        await db.Execute("UPDATE comment_report SET reason = '' WHERE reporter_id = @person", ct, person);
    }
}

/// <summary>Empties a sandbox of what was written there.</summary>
internal sealed class ErasingComments(Db db) : IErasesBook
{
    public async Task Erase(long bookId, CancellationToken ct)
    {
        foreach (var table in new[] { "comment_like", "comment_report" })
            await db.Execute($"DELETE FROM {table} WHERE comment_id IN (SELECT id FROM comment WHERE book_id = @book)", ct, ("book", bookId));
        await db.Execute("DELETE FROM comment WHERE book_id = @book", ct, ("book", bookId));
    }
}

/// <summary>What a person wrote, in what they may take away about themselves.</summary>
internal sealed class ExportsComments(Db db) : IExportsPersonalData
{
    public string Section => "comments";

    public async Task<object> Export(long personId, CancellationToken ct) => await db.Comments.AsNoTracking()
        .Where(c => c.AuthorId == personId && c.State != CommentState.Deleted).OrderBy(c => c.Id)
        .Select(c => new { c.PostId, c.Body, c.CreatedAt, c.EditedAt }).ToListAsync(ct);
}
