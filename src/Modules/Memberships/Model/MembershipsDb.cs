using Microsoft.EntityFrameworkCore;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Memberships.Model;

/// <summary>This module's tables, and <c>db.Memberships</c> inside it.</summary>
internal sealed class MembershipsModel : IModelPart
{
    public void Build(Tables tables)
    {
        tables.Map<Membership>();
        tables.Map<MembershipEvent>();
        tables.Map<MemberBlock>(nameof(MemberBlock.CampaignId), nameof(MemberBlock.PersonId));
    }
}

/// <summary>The sets and the questions every slice asks.</summary>
internal static class MembershipsDb
{
    extension(Db db)
    {
        public DbSet<Membership> Memberships => db.Set<Membership>();
        public DbSet<MembershipEvent> MembershipEvents => db.Set<MembershipEvent>();
        public DbSet<MemberBlock> MemberBlocks => db.Set<MemberBlock>();

        /// <summary>The membership that has not ended, tracked; null when there is none.</summary>
        public Task<Membership?> LiveMembership(long bookId, long personId, long campaignId, CancellationToken ct) =>
            db.Memberships.FirstOrDefaultAsync(
                m => m.BookId == bookId && m.PersonId == personId && m.CampaignId == campaignId && m.Status != MembershipStatus.Ended, ct);
    }

    /// <summary>Saves; a lost race becomes the refusal the loser should see.</summary>
    public static async Task SaveOrRefuse(this WriteTransaction transaction, CancellationToken ct)
    {
        try
        {
            await transaction.Commit(ct);
        }
        catch (DbUpdateException error) when (error.IsDuplicate)
        {
            throw Refusal.Conflict("already_member", "You already support this creator. Your membership is under “My memberships”.");
        }
        catch (DbUpdateException error) when (error.IsStale)
        {
            throw Changed();
        }
    }

    /// <summary>Somebody was faster.</summary>
    public static Refusal Changed() =>
        Refusal.Conflict("changed_meanwhile", "This membership was changed in another window. Look at what it is now and try again.");
}
