using Shouldly;
using Stipend.Billing.Gateways.Transfers;
using Xunit;

namespace Stipend.Unit.Billing;

public sealed class TransferReferenceTests
{
    [Fact]
    public void A_reference_is_whole_fits_a_transfer_and_tells_of_a_mistyped_digit_or_letter()
    {
        TransferReference.IsValid("RF18 5390 0754 7034").ShouldBeTrue("the example of the standard");
        foreach (var id in new[] { 1, 35, 36, 123_456_789, 7_234_567_890_123_456L, long.MaxValue })
        {
            var reference = TransferReference.Of(id);
            reference.Length.ShouldBeLessThanOrEqualTo(25);
            TransferReference.IsValid(TransferReference.Spaced(reference).ToLowerInvariant()).ShouldBeTrue(reference);
            for (var at = 2; at < reference.Length; at++)
                foreach (var other in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".Where(c => c != reference[at] && char.IsDigit(c) == char.IsDigit(reference[at])))
                    TransferReference.IsValid(reference[..at] + other + reference[(at + 1)..]).ShouldBeFalse($"{reference} with {other} at {at}");
        }
        TransferReference.IsValid("RF").ShouldBeFalse();
        TransferReference.IsValid("").ShouldBeFalse();
    }
}
