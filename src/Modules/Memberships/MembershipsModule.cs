using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Accounts.Contracts;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Change;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Facts;
using Stipend.Memberships.Invitations;
using Stipend.Memberships.Join;
using Stipend.Memberships.Leave;
using Stipend.Memberships.Members;
using Stipend.Memberships.Mine;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Memberships;

/// <summary>The front door of Memberships.</summary>
public static class MembershipsModule
{
    public static IServiceCollection AddMemberships(this IServiceCollection services)
    {
        services.AddModel<MembershipsModel>("memberships");
        services.AddScoped<IMemberships, MembershipsService>().AddScoped<IMembers, Roll.MemberRoll>();
        services.AddScoped<Seats>().AddScoped<Keeping>().AddScoped<Falling>().AddScoped<DeclinedAtCheckout>();
        services.AddScoped<JoinRules>().AddScoped<JoinTier>().AddScoped<JoinFree>().AddScoped<Paying>().AddScoped<Checkout.Services>();
        services.AddScoped<ChangeTier>().AddScoped<ChangeCap>().AddScoped<Leave.Leave>().AddScoped<BlockMember>();
        services.AddScoped<ImportMembers>().AddScoped<ConfirmInvitation>().AddScoped<AcceptInvitations>().AddScoped<SendInvitations>()
            .AddScoped<InvitationPages.Services>();
        services.AddScoped<IExplains, MembershipFacts>().AddScoped<IBeforeAccountCloses, MembershipsBeforeClose>()
            .AddScoped<IErasesBook, ErasesMemberships>();
        services.AddScoped<ViewerMembership>().AddScoped<ICampaignPageSection, MembershipSection>();
        services.AddScoped<ITierCards, MembershipTierCards>().AddScoped<IDashboardFigures, MemberFigures>();
        services.AddSingleton(new StudioLink(StudioGroup.Members, 40, "Members", "members"));
        services.AddConsumer<LinesPaid, PaidLines>().AddConsumer<ChargeDeclined, DeclinedCharges>()
            .AddConsumer<AgreementLapsed, LapsedAgreements>();
        services.AddConsumer<ChangeLapsed, LapsedChanges>().AddConsumer<ApplyPlannedChange, PlannedChanges>()
            .AddConsumer<EndMembership, Endings>();
        services.AddConsumer<StartConfirmed, ConfirmedStarts>();
        return services;
    }

    public static IEndpointRouteBuilder MapMemberships(this IEndpointRouteBuilder app)
    {
        JoinFree.Map(app);
        Checkout.Map(app);
        ChangePages.Map(app);
        ChangeCap.Map(app);
        LeavePages.Map(app);
        InvitationPages.Map(app);
        MyMemberships.Map(app);
        Members.Audience.Map(app);
        return app;
    }
}
