namespace Stipend.Billing.Contracts;

/// <summary>A stored way to pay: a gateway's token, never a number.</summary>
public sealed record PaymentMethodInfo(long Id, string Label, bool IsDefault);

/// <summary>A card a payer can choose at the test gateway.</summary>
public sealed record TestCard(string Token, string Label);

/// <summary>
/// Payment methods of a person in a book. <see cref="Add"/> and <see cref="BeginSaving"/> call the gateway: never inside a transaction.
/// </summary>
public interface IPaymentMethods
{
    IReadOnlyList<TestCard> TestCards { get; }
    Task<PaymentMethodInfo?> Default(long bookId, long personId, CancellationToken ct = default);

    /// <summary>Cards of this book are typed on a page of the payment provider (<see cref="BeginSaving"/>), not chosen from
    /// <see cref="TestCards"/>.</summary>
    bool SavesElsewhere(long bookId);

    /// <summary>Somebody may choose to pay by transfer here, by adding <see cref="Transfer"/>.</summary>
    bool TakesTransfers(long bookId);

    /// <summary>What is added in place of a card by who pays by transfer.</summary>
    const string Transfer = "transfer";

    /// <summary>What stands for a card's label then.</summary>
    const string TransferLabel = "Bank transfer";

    /// <summary>Answers the address of the provider's page where a person gives a card; it sends them back to a path of this site, where
    /// the card is then their payment method.</summary>
    /// <exception cref="Refusal">The provider does not answer, or this book has none.</exception>
    Task<string> BeginSaving(long bookId, long personId, string returnPath, CancellationToken ct = default);

    /// <summary>Makes a test card, or paying by transfer, the person's payment method.</summary>
    /// <exception cref="Refusal">There is no such card, or the book takes real ones.</exception>
    Task<PaymentMethodInfo> Add(long bookId, long personId, string cardToken, CancellationToken ct = default);

    /// <summary>Gives many people a test card at once, without a network call per person: for demos and accepting sandbox invitations.
    /// Sandbox books only, unless the site has no other gateway.</summary>
    Task AddTestCards(long bookId, IReadOnlyCollection<(long PersonId, string CardToken)> cards, CancellationToken ct = default);
}
