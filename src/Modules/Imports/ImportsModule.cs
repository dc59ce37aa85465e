using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Campaigns.Contracts;
using Stipend.Imports.Contracts;
using Stipend.Imports.Model;
using Stipend.Imports.Patreon;
using Stipend.Imports.Upload;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Imports;

/// <summary>The front door of Imports.</summary>
public static class ImportsModule
{
    public static IServiceCollection AddImports(this IServiceCollection services)
    {
        services.AddModel<ImportsModel>("imports");
        services.AddScoped<ImportPatreon>().AddScoped<ImportsService>().AddScoped<UploadImport.Services>();
        services.AddScoped<IImports>(provider => provider.GetRequiredService<ImportsService>());
        services.AddScoped<IErasesBook, ErasesImports>();
        services.AddSingleton(new StudioLink(StudioGroup.Members, 50, "Import", "import"));
        services.AddConsumer<RunImport, ImportJob>();
        return services;
    }

    public static IEndpointRouteBuilder MapImports(this IEndpointRouteBuilder app)
    {
        UploadImport.Map(app);
        return app;
    }
}
