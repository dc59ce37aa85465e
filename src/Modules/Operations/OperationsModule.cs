using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Operations.Runs;
using Stipend.Platform.Data;

namespace Stipend.Operations;

/// <summary>The front door of Operations: the operator's console.</summary>
public static class OperationsModule
{
    public static IServiceCollection AddOperations(this IServiceCollection services) =>
        services.AddModel<OperationsModel>("operations").AddScoped<OperatorTrail>();

    public static IEndpointRouteBuilder MapOperations(this IEndpointRouteBuilder app)
    {
        OperatorRuns.Map(app);
        Transfers.OperatorTransfers.Map(app);
        Overview.Console.Map(app);
        return app;
    }
}
