using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Billing.Agreements;
using Stipend.Billing.Collecting;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Gateways.Stripe;
using Stipend.Billing.Gateways.Transfers;
using Stipend.Billing.History;
using Stipend.Billing.Model;
using Stipend.Billing.PaidPosts;
using Stipend.Billing.PaymentMethods;
using Stipend.Billing.Reconciling;
using Stipend.Billing.Runs;
using Stipend.Billing.Webhooks;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Billing;

/// <summary>The front door of Billing: what is owed (agreements, paid posts), the run that bills it, and collecting it at
/// gateways.</summary>
public static class BillingModule
{
    public static IServiceCollection AddBilling(this IServiceCollection services)
    {
        services.AddModel<BillingModelPart>("billing");
        services.AddSingleton(p =>
            p.GetRequiredService<IConfiguration>().GetSection("Stipend:Billing").Get<BillingOptions>() ?? new BillingOptions());
        services.AddGateways();
        services.AddSingleton<Instance>().AddSingleton<GatewayPace>();
        services.AddScoped<PledgeStore>().AddScoped<ImmediateCharges>().AddScoped<RunSchedule>().AddScoped<AccrualWriter>()
            .AddScoped<IAgreements, PledgeAgreements>();
        services.AddScoped<IPaidPosts, PaidPostBilling>().AddScoped<IPaymentMethods, StoredMethods>()
            .AddScoped<IBillingHistory, BillingHistory>().AddScoped<IPatronFigures, Figures.PatronFigureReading>()
            .AddScoped<IPledgeRoll, Figures.PledgeRoll>();
        services.AddScoped<WorkQueue>().AddScoped<ITakeOver, WorkQueue>().AddScoped<CardTries>();
        services.AddScoped<Settlement>().AddScoped<Declines>().AddScoped<Outcomes>();
        services.AddScoped<ChargeCollector>().AddScoped<ICollecting>(p => p.GetRequiredService<ChargeCollector>());
        services.AddScoped<DuePledges>().AddScoped<RunWorkers>().AddTransient<FreshStatistics>().AddScoped<PartPlanner>();
        services.AddScoped<RunCloser>().AddScoped<RunBounds>().AddScoped<IBillingRuns, BillingRuns>();
        services.AddScoped<OverdueRuns>().AddScoped<RunAlarm>().AddScoped<IConcern>(p => p.GetRequiredService<RunAlarm>()).AddHostedService<RunWatch>();
        services.AddConsumer<OpenRun, OpenRunHandler>().AddConsumer<PlanRun, RunPlanner>().AddConsumer<CollectRun, RunCollector>();
        services.AddConsumer<FanOutPost, FanOutPostWorker>().AddConsumer<CollectDue, ChargeCollector>();
        services.AddScoped<Unexplained>().AddScoped<IReconciliation, Reconciliation>();
        services.AddConsumer<Reconcile, Reconciliation>().AddConsumer<RunClosed, Reconciliation>().AddAtStart<AfterRestore>();
        services.AddScoped<ITransfers, TransferDesk>().AddConsumer<TransferRecorded, TransferDesk>();
        services.AddScoped<MethodStore>().AddScoped<StripeCards>().AddScoped<ConfirmAtBank>();
        services.AddScoped<WebhookInbox>().AddConsumer<WebhookReceived, WebhookWorker>();
        services.AddScoped<Pages.BillingBookList>();
        services.AddScoped<IErasesBook, BillingBooks>();
        return services;
    }

    public static IEndpointRouteBuilder MapBilling(this IEndpointRouteBuilder app)
    {
        app.MapGateways();
        ConfirmAtBank.Map(app);
        TransferDesk.Map(app);
        PaymentWebhooks.Map(app);
        Pages.BillingPages.Map(app);
        return app;
    }
}
