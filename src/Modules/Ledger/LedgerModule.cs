using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Stipend.Ledger;

/// <summary>The books: accounts, journals, transfers, closes and their checks.</summary>
public static class LedgerModule
{
    public static IServiceCollection AddLedger(this IServiceCollection services) => services;

    public static IEndpointRouteBuilder MapLedger(this IEndpointRouteBuilder app) => app;
}
