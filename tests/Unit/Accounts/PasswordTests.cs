using Shouldly;
using Stipend.Accounts.Model;
using Xunit;

namespace Stipend.Unit.Accounts;

public sealed class PasswordTests
{
    [Theory]
    [InlineData("short")]
    [InlineData("password123")]
    [InlineData("Password123!")]
    [InlineData("qwertyuiop")]
    [InlineData("1234567890")]
    [InlineData("aaaaaaaaaaaa")]
    [InlineData("abcabcabcabc")]
    [InlineData("ada.lovelace@example.org")]
    [InlineData("ada.lovelace1")]
    [InlineData("Ada Lovelace!")]
    public void What_is_tried_first_is_refused(string password) =>
        Passwords.Fault(password, "ada.lovelace@example.org", "Ada Lovelace").ShouldNotBeNull();

    [Theory]
    [InlineData("seven quiet otters")]
    [InlineData("  spaces count  ")]
    [InlineData("пароль из слов")]
    public void Ordinary_passphrases_are_taken(string password) =>
        Passwords.Fault(password, "ada.lovelace@example.org", "Ada Lovelace").ShouldBeNull();

    [Fact]
    public void A_password_is_at_most_200_long() =>
        Passwords.Fault(string.Concat(Enumerable.Range(0, 201).Select(i => (char)('a' + i * 7 % 26))), "a@example.org", "A")
        .ShouldNotBeNull();

    [Fact]
    public void A_hash_names_the_present_work_factor_and_an_older_one_asks_to_be_renewed()
    {
        var passwords = new Passwords(Microsoft.Extensions.Options.Options.Create(new Stipend.Accounts.Contracts.AccountsOptions()));
        var hash = passwords.Hash("seven quiet otters");
        var bytes = Convert.FromBase64String(hash);
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(5)).ShouldBeGreaterThanOrEqualTo(210_000u);
        passwords.Verify(hash, "seven quiet otters", out var rehash).ShouldBeTrue();
        rehash.ShouldBeFalse();
        passwords.Verify(hash, "seven quiet otterS", out _).ShouldBeFalse();
        passwords.Verify(null, "seven quiet otters", out _).ShouldBeFalse();

        var old = new Microsoft.AspNetCore.Identity.PasswordHasher<object>(Microsoft.Extensions.Options.Options.Create(
            new Microsoft.AspNetCore.Identity.PasswordHasherOptions { IterationCount = 1000 })).HashPassword(new(), "seven quiet otters");
        passwords.Verify(old, "seven quiet otters", out rehash).ShouldBeTrue();
        rehash.ShouldBeTrue();
    }
}
