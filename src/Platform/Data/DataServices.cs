using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Stipend.Platform.Data;

/// <summary>Registers the database for either engine.</summary>
public static class DataServices
{
    public static IServiceCollection AddData(this IServiceCollection services, DataOptions options)
    {
        services.AddSingleton(options);
        System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(SqliteSession).TypeHandle); // before any connection
        services.AddSingleton<WriteGate>();
        services.AddSingleton<CommandCount>();
        services.AddSingleton<SqliteSession.Sessions>();
        services.AddScoped<Migrator>();
        services.AddDbContextPool<Db>((provider, builder) =>
        {
            builder.UseModel(Tables.Of(options.Engine, provider.GetServices<IModelPart>()));
            builder.ConfigureWarnings(w => w.Ignore(CoreEventId.ManyServiceProvidersCreatedWarning));
            if (options.Postgres is { } connectionString) builder.UseNpgsql(connectionString);
            else builder.UseSqlite(new SqliteConnectionStringBuilder { DataSource = options.SqliteFile, DefaultTimeout = 30 }.ToString())
                .AddInterceptors(provider.GetRequiredService<SqliteSession.Sessions>());
            builder.AddInterceptors([provider.GetRequiredService<CommandCount>(), .. provider.GetServices<IInterceptor>()]);
        });
        return services;
    }

    /// <summary>A module's tables and migrations.</summary>
    public static IServiceCollection AddModel<T>(this IServiceCollection services, string module) where T : class, IModelPart
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelPart, T>());
        services.AddSingleton(new MigrationSource(module, typeof(T).Assembly));
        return services;
    }
}
