using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Campaigns.Model;

/// <summary>A public page without an owner would go on taking money for nobody.</summary>
internal sealed class OwnerLeaves(Db db) : IBeforeAccountCloses
{
    public async Task BeforeClose(long personId, CancellationToken ct)
    {
        if (await db.Campaigns.Where(c => c.OwnerId == personId && c.IsPublished).OrderBy(c => c.Id).Select(c => c.Name)
            .FirstOrDefaultAsync(ct) is { } name)
            throw Refusal.Conflict("owns_a_campaign",
                $"Your page “{name}” is public. Make it a draft first, so that nobody pays for a page without a maker.");
    }
}
