using System.Text;
using NodaTime;
using Shouldly;
using Stipend.Accounts.Model;
using Xunit;

namespace Stipend.Unit.Accounts;

public sealed class TotpTests
{
    private static readonly byte[] s_secret = Encoding.ASCII.GetBytes("12345678901234567890");

    [Theory] // RFC 6238, appendix B, the last six of eight digits
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_the_standard(long second, string code) =>
        Totp.CodeAt(s_secret, Instant.FromUnixTimeSeconds(second)).ShouldBe(code);

    [Fact]
    public void One_step_of_clock_difference_is_forgiven_and_two_are_not()
    {
        var now = Instant.FromUnixTimeSeconds(1111111109);
        var code = Totp.CodeAt(s_secret, now);
        var step = 1111111109 / 30;
        Totp.Match(s_secret, code, now, 0).ShouldBe(step);
        Totp.Match(s_secret, code.Insert(3, " "), now, 0).ShouldBe(step);
        Totp.Match(s_secret, code, now + Duration.FromSeconds(30), 0).ShouldBe(step);
        Totp.Match(s_secret, code, now - Duration.FromSeconds(30), 0).ShouldBe(step);
        Totp.Match(s_secret, code, now + Duration.FromSeconds(60), 0).ShouldBeNull();
        Totp.Match(s_secret, code, now, step).ShouldBeNull(); // used already
    }

    [Theory]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("1234567")]
    [InlineData("٢٨٧٠٨٢")]
    public void What_is_no_code_is_wrong(string typed) => Totp.Match(s_secret, typed, Instant.FromUnixTimeSeconds(59), 0).ShouldBeNull();

    [Fact]
    public void The_key_is_written_in_base_32()
    {
        Totp.Text(s_secret).ShouldBe("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        Totp.Text(Encoding.ASCII.GetBytes("foobar")).ShouldBe("MZXW6YTBOI");
        Totp.Uri(s_secret, "A & B", "ada")
            .ShouldBe("otpauth://totp/A%20%26%20B%3Aada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=A%20%26%20B");
    }
}
