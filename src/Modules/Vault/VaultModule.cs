using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Vault.Contracts;
using Stipend.Vault.Keeping;
using Stipend.Vault.Looking;
using Stipend.Vault.Model;
using Stipend.Vault.Playing;
using Stipend.Vault.Resumable;
using Stipend.Vault.Serving;
using Stipend.Vault.Stores;
using Stipend.Vault.Taking;

namespace Stipend.Vault;

/// <summary>The front door of the vault.</summary>
public static class VaultModule
{
    public static IServiceCollection AddVault(this IServiceCollection services)
    {
        services.AddModel<VaultDb>("vault");
        services.AddSingleton(s => s.GetRequiredService<IConfiguration>().GetSection("Stipend:Vault").Get<VaultOptions>() ?? new VaultOptions());
        services.AddSingleton<DiskStore>().AddSingleton<IncomingDisk>().AddSingleton<Incoming>().AddSingleton<SignedLinks>();
        services.AddSingleton(s => new ObjectStores(s.GetRequiredService<VaultOptions>() is { S3Url.Length: > 0 } options
            ? [s.GetRequiredService<DiskStore>(), new S3Store(options)] : [s.GetRequiredService<DiskStore>()]));
        services.AddSingleton(new Tools(Environment.GetEnvironmentVariable("PATH") ?? ""));
        services.AddScoped<Shelves>().AddScoped<Intake>().AddScoped<Uploads>().AddScoped<ServeFile.Door>().AddScoped<OldCopies>().AddScoped<Moving>();
        services.AddScoped<IVault, VaultContract>().AddScoped<IVaultKeeping, Scrubbing>();
        services.AddScoped<Positions>().AddScoped<IPlaying>(s => s.GetRequiredService<Positions>());
        services.AddAtStart<ClearingIncoming>();
        services.AddConsumer<DeleteObject, DeletingObjects>().AddConsumer<ExpireUpload, ExpiringUploads>().AddConsumer<FileTaken, LookingAtFiles>()
            .AddConsumer<MoveShelf, MovingShelves>().AddConsumer<MoveBlob, MovingBlobs>();
        return services;
    }

    public static IEndpointRouteBuilder MapVault(this IEndpointRouteBuilder app)
    {
        UploadFiles.Map(app);
        ResumeUploads.Map(app);
        ServeFile.Map(app);
        TellPosition.Map(app);
        return app;
    }
}
