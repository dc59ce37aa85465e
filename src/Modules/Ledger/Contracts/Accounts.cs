namespace Stipend.Ledger.Contracts;

/// <summary>What an account of the books stands for. Stored as snake_case text; a name, once used, is never changed.</summary>
public enum AccountKind
{
    /// <summary>Money the gateway holds for us: captured, less refunds and its own fees. Owner 0. Grows by debit.</summary>
    GatewayClearing,

    /// <summary>Money that came in beside the gateway, recorded by the operator (cash, bank transfer). Owner 0. Grows by debit.</summary>
    ManualRail,

    /// <summary>
    /// What the site owes a creator. Owner is the campaign id. Grows by credit; negative after a refund of money already sent.
    /// </summary>
    CreatorPayable,

    /// <summary>The platform's own fees. Owner 0. Grows by credit.</summary>
    PlatformRevenue,

    /// <summary>What the gateway keeps per charge. Owner 0. Debited when the gateway takes it, credited with what creators bear.</summary>
    ProcessingFees,

    /// <summary>Sales tax collected for the state. Owner 0. Grows by credit.</summary>
    TaxPayable,

    /// <summary>Payouts sent and not yet arrived. Owner is the campaign id. Grows by credit.</summary>
    PayoutsInTransit,

    /// <summary>Money the gateway withholds while a payment is disputed. Owner is the campaign id. Grows by debit.</summary>
    DisputeHold,

    /// <summary>What the platform bears itself: lost disputes, payables that will never be recovered. Owner 0. Grows by debit.</summary>
    WriteOff,
}

/// <summary>How an account kind is read.</summary>
public static class AccountKinds
{
    extension(AccountKind kind)
    {
        /// <summary>True for assets and expenses: a debit makes the balance larger. False for what is owed and earned.</summary>
        public bool GrowsByDebit => kind is AccountKind.GatewayClearing or AccountKind.ManualRail or AccountKind.ProcessingFees
            or AccountKind.DisputeHold or AccountKind.WriteOff;
    }
}

/// <summary>An account inside a book and currency: its kind and, for accounts of one campaign, the campaign's id.</summary>
public readonly record struct AccountRef(AccountKind Kind, long OwnerId = 0)
{
    /// <summary>The creator's account of a campaign.</summary>
    public static AccountRef Creator(long campaignId) => new(AccountKind.CreatorPayable, campaignId);
}
