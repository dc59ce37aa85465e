using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Accounts.Model;

/// <summary>Who may open a campaign. The operator's choice on the site wins over the configuration.</summary>
internal sealed class CreatorPolicy(Db db, IOptions<AccountsOptions> options) : ICreatorPolicy
{
    private const string Setting = "accounts.creator_sign_up";

    public async Task<CreatorSignUp> Current(CancellationToken ct) =>
        await db.Setting(Setting, ct) is { } chosen ? Columns.Enum<CreatorSignUp>(chosen) : options.Value.CreatorSignUp;

    public Task Choose(CreatorSignUp policy, CancellationToken ct) => db.SaveSetting(Setting, Columns.Of(policy), ct);

    public async Task RequireMayOpenCampaign(long personId, CancellationToken ct)
    {
        var policy = await Current(ct);
        if (policy == CreatorSignUp.Open) return;
        var person = await db.People.AsNoTracking().Where(p => p.Id == personId).Select(p => new { p.IsOperator, p.Creator })
            .SingleOrDefaultAsync(ct);
        if (person is { IsOperator: true } or { Creator: Creator.Approved }) return;
        throw policy == CreatorSignUp.Closed
            ? new Refusal(403, "creators_closed", "This site takes no new creators. Ask its operator if you think it should.")
            : new Refusal(403, "approval_needed", person?.Creator == Creator.Asked
                ? "The operator has not answered your request yet. You can open a campaign once they approve it."
                : "The operator approves new creators here. Ask for it on your account page.");
    }
}
