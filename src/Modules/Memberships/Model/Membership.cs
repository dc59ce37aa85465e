using Stipend.Memberships.Contracts;

namespace Stipend.Memberships.Model;

/// <summary>One person's membership of one campaign, from joining to leaving; rejoining after the end makes a new one.</summary>
internal sealed class Membership
{
    public long Id { get; set; }
    public long BookId { get; set; }
    public long PersonId { get; set; }
    public long CampaignId { get; set; }

    /// <summary>Null: the free level.</summary>
    public long? TierId { get; set; }
    public long? PledgeId { get; set; }

    /// <summary>The charge this membership (or its planned upgrade) waits for, so that paying can be tried again.</summary>
    public long? ChargeId { get; set; }

    /// <summary>How its pledge bills; fixed when the pledge started, whatever the campaign does later.</summary>
    public BillingModel? Model { get; set; }
    public long AmountMinor { get; set; }
    public MembershipStatus Status { get; set; }
    public Instant StartedAt { get; set; }

    /// <summary>Cancelled, and open until then.</summary>
    public Instant? EndsAt { get; set; }
    public Instant? EndedAt { get; set; }

    /// <summary>A planned change; <see cref="NextFrom"/> null while it waits for its charge to be paid.</summary>
    public long? NextTierId { get; set; }
    public long? NextAmountMinor { get; set; }
    public Instant? NextFrom { get; set; }
    public long? CapPosts { get; set; }
    public long? CapMinor { get; set; }
    public Instant? PaidElsewhereUntil { get; set; }
    public long LifetimeElsewhereMinor { get; set; }
    public string? SourceRef { get; set; }
    public Instant? InvitedAt { get; set; }

    /// <summary>Was a free member before a payment that has not succeeded yet; falls back to it.</summary>
    public bool WasFree { get; set; }
    public int Version { get; set; }

    public PledgeCap Cap => new((int?)CapPosts, CapMinor);

    /// <summary>Access is open-ended while active (what was used is billed later), not one grant per paid period.</summary>
    public bool IsOpenEnded => Model is BillingModel.PerCreation or BillingModel.MonthlyArrears;

    /// <summary>Confirmed here, but paid for elsewhere until a date: the pledge starts by itself on that day.</summary>
    public bool StartsLater => Status == MembershipStatus.Active && PledgeId is null;

    public void SetCap(PledgeCap cap) => (CapPosts, CapMinor) = (cap.Posts, cap.AmountMinor);

    public void ForgetPlans() => (NextTierId, NextAmountMinor, NextFrom) = (null, null, null);

    public void End(Instant at)
    {
        Status = MembershipStatus.Ended;
        EndedAt = at;
        EndsAt = null;
        ForgetPlans();
    }

    public MembershipInfo Info() => new(Id, BookId, PersonId, CampaignId, TierId, PledgeId, AmountMinor, Status, StartedAt, EndsAt)
    {
        PaidElsewhereUntil = PaidElsewhereUntil, LifetimeElsewhereMinor = LifetimeElsewhereMinor, SourceRef = SourceRef, Cap = Cap,
    };
}

/// <summary>One line of a membership's history.</summary>
internal sealed class MembershipEvent
{
    public long Id { get; set; }
    public long BookId { get; set; }
    public long MembershipId { get; set; }
    public long PersonId { get; set; }
    public long CampaignId { get; set; }

    /// <summary>Who did it; null: the site by itself.</summary>
    public long? ActorId { get; set; }
    public string Kind { get; set; } = "";
    public string Text { get; set; } = "";
    public Instant At { get; set; }
}

/// <summary>A person a creator does not want as a member.</summary>
internal sealed class MemberBlock
{
    public long CampaignId { get; set; }
    public long PersonId { get; set; }
    public long BookId { get; set; }
    public Instant At { get; set; }
}
