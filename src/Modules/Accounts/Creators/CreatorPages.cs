using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;
using Stipend.Platform.Ui;

namespace Stipend.Accounts.Creators;

/// <summary>Where the operator approves creators: asking, and the operator's list with the policy.</summary>
internal static class CreatorPages
{
    private const int PageSize = 50;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/account/creator", Ask).RequireSignIn();
        app.MapGet("/operator/creators", Show).RequireOperator();
        app.MapPost("/operator/creators/policy", Choose).RequireOperator();
        app.MapPost("/operator/creators/{id:long}", Answer).RequireOperator();
    }

    private static async Task<IResult> Ask(HttpContext context, Db db)
    {
        var ct = context.RequestAborted;
        await db.Execute("UPDATE person SET creator = 'asked', version = version + 1 WHERE id = @id AND creator IN ('none', 'refused')",
            ct, ("id", context.RequireViewer().Id));
        context.Flashes("You have asked. The operator will answer by mail.");
        return Pages.SeeOther("/account");
    }

    /// <summary>Who has been here longest first.</summary>
    private static async Task<IResult> Show(long? after, Db db, PersonalData data, CreatorPolicy policy, CancellationToken ct)
    {
        var from = after ?? 0;
        var asked = await db.People.AsNoTracking().Where(p => p.Creator == Creator.Asked && p.ClosedAt == null && p.Id > from)
            .OrderBy(p => p.Id).Take(PageSize + 1)
            .Join(db.PersonalData, p => p.Id, d => d.PersonId, (p, d) => new { p.Id, p.Name, d.EmailCipher, p.CreatedAt }).OrderBy(p => p.Id).ToListAsync(ct);
        var shown = asked.Take(PageSize).ToList();
        return Pages.Show<CreatorsPage>(new CreatorsPage.View(Columns.Of(await policy.Current(ct)),
            shown.ConvertAll(a => new CreatorsPage.Row(a.Id, a.Name, data.OpenEmail(a.EmailCipher), a.CreatedAt)),
            asked.Count > PageSize ? shown[^1].Id : null, from == 0));
    }

    private static async Task<IResult> Choose(HttpContext context, CreatorPolicy policy)
    {
        var input = await FormInput.Read(context, context.RequestAborted);
        var chosen = input.Choice<CreatorSignUp>("policy");
        input.Check();
        await policy.Choose(chosen!.Value, context.RequestAborted);
        context.Flashes("Saved.");
        return Pages.SeeOther("/operator/creators");
    }

    private static async Task<IResult> Answer(long id, HttpContext context, Db db, Outbox outbox, SiteOptions site)
    {
        var ct = context.RequestAborted;
        var approved = (await FormInput.Read(context, ct)).Raw("answer") == "approve";
        await using var transaction = await db.BeginWrite(ct);
        if (await db.Execute("UPDATE person SET creator = @to, version = version + 1 WHERE id = @id AND creator = 'asked' AND closed_at IS NULL",
            ct, ("to", approved ? "approved" : "refused"), ("id", id)) == 0) throw Refusal.NotFound("request");
        outbox.Publish(approved
            ? new SendMail(id, $"You may open a campaign at {site.Name}",
                $"The operator has approved you as a creator.\n\n{site.Link("/dashboard")}", "creator_approved")
            : new SendMail(id, $"Your request at {site.Name}",
                "The operator has declined your request to become a creator. You may ask again on your account page.", "creator_refused"));
        await transaction.Commit(ct);
        context.Flashes(approved ? "Approved." : "Declined.");
        return Pages.SeeOther("/operator/creators");
    }
}
