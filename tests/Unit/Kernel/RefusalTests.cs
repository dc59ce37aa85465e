using Shouldly;
using Stipend.Kernel;
using Xunit;

namespace Stipend.Unit.Kernel;

public sealed class RefusalTests
{
    public static TheoryData<Refusal, int, string> Refusals => new()
    {
        { Refusal.Invalid("too_small", "Write more."), 422, "too_small" },
        { Refusal.InvalidField("price", "A price has at most two decimals."), 422, "invalid_price" },
        { Refusal.NotFound("tier"), 404, "not_found" },
        { Refusal.Forbidden("Only the creator may do that."), 403, "forbidden" },
        { Refusal.SignInFirst(), 401, "sign_in_first" },
        { Refusal.Conflict("already_member", "You already support this creator."), 409, "already_member" },
        { Refusal.TooMany("Try again in a minute."), 429, "too_many_requests" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public void Each_kind_has_its_status_code_and_sentence(Refusal refusal, int status, string code)
    {
        (refusal.Status, refusal.Code).ShouldBe((status, code));
        refusal.Message.ShouldEndWith(".");
    }

    [Fact]
    public void A_field_refusal_carries_its_message_under_the_fields_name()
    {
        var refusal = Refusal.InvalidField("price", "A price has at most two decimals.");
        refusal.Fields.ShouldHaveSingleItem().ShouldBe(new("price", "A price has at most two decimals."));
        Refusal.NotFound("tier").Fields.ShouldBeEmpty();
        Refusal.NotFound("tier").Message.ShouldBe("There is no such tier.");
    }
}
