using Shouldly;
using Stipend.Accounts.Contracts;
using Xunit;

namespace Stipend.Unit.Accounts;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData(" Ada@Example.ORG ", "ada@example.org")]
    [InlineData("ÄDA@example.org", "äda@example.org")]
    [InlineData("a\u0308da@example.org", "äda@example.org")] // composed and decomposed are one address
    [InlineData("ada@BÜCHER.example", "ada@xn--bcher-kva.example")]
    [InlineData("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example")]
    [InlineData("\ud800@example.org", "\ud800@example.org")] // half a character: not valid, but throws nothing
    public void An_address_has_one_key_however_it_is_typed(string typed, string key) => EmailAddress.Normalise(typed).ShouldBe(key);

    [Theory]
    [InlineData("ada@example.org")]
    [InlineData("ada+tag@mail.example.org")]
    [InlineData("äda@bücher.example")]
    [InlineData("o'hara@example.org")]
    public void Addresses_people_have_are_taken(string email) => EmailAddress.IsValid(email).ShouldBeTrue();

    [Theory]
    [InlineData("")]
    [InlineData("ada")]
    [InlineData("@example.org")]
    [InlineData("ada@")]
    [InlineData("ada@@example.org")]
    [InlineData("ada@example.org@example.com")]
    [InlineData("ada@example..org")]
    [InlineData("ada @example.org")]
    [InlineData("ada@example.org\r\nBcc: all@example.org")]
    [InlineData("Ada <ada@example.org>")]
    [InlineData("ada@example.org,lin@example.org")]
    [InlineData("a\u202eda@example.org")] // turns the text around it
    [InlineData("a\u200bda@example.org")] // looks like another address
    [InlineData("\ud800@example.org")]
    public void What_could_not_be_mailed_or_misleads_is_not(string email) => EmailAddress.IsValid(email).ShouldBeFalse();

    [Fact]
    public void An_address_is_at_most_254_long()
    {
        EmailAddress.IsValid(new string('a', 242) + "@example.org").ShouldBeTrue();
        EmailAddress.IsValid(new string('a', 243) + "@example.org").ShouldBeFalse();
    }
}
