namespace Stipend.Billing.Contracts;

/// <summary>A stored way to pay: a gateway's token, never a number.</summary>
public sealed record PaymentMethodInfo(long Id, string Label, bool IsDefault);

/// <summary>A card a payer can choose at the test gateway.</summary>
public sealed record TestCard(string Token, string Label);

/// <summary>Payment methods of a person in a book. <see cref="Add"/> calls the gateway: never inside a transaction.</summary>
public interface IPaymentMethods
{
    IReadOnlyList<TestCard> TestCards { get; }
    Task<PaymentMethodInfo?> Default(long bookId, long personId, CancellationToken ct = default);
    Task<PaymentMethodInfo> Add(long bookId, long personId, string cardToken, CancellationToken ct = default);

    /// <summary>Gives many people a test card at once, without a network call per person: for demos and accepting sandbox invitations.
    /// Sandbox books only, unless the site has no other gateway.</summary>
    Task AddTestCards(long bookId, IReadOnlyCollection<(long PersonId, string CardToken)> cards, CancellationToken ct = default);
}
