using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Ledger.Contracts;
using Stipend.Ledger.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Ledger;

/// <summary>The books: accounts, journals, transfers, closes and their checks.</summary>
public static class LedgerModule
{
    public static IServiceCollection AddLedger(this IServiceCollection services)
    {
        services.AddModel<LedgerTables>("ledger");
        services.AddScoped<ILedger, DoubleEntry>();
        services.AddScoped<IErasesBook, EraseBook>();
        return services;
    }

    public static IEndpointRouteBuilder MapLedger(this IEndpointRouteBuilder app) => app;
}
