using System.Data.Common;
using System.Runtime.CompilerServices;
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
        services.AddSingleton<WriteGate>();
        services.AddSingleton<CommandCount>();
        services.AddScoped<Migrator>();
        services.AddDbContextPool<Db>((provider, builder) =>
        {
            builder.ConfigureWarnings(w => w.Ignore(CoreEventId.ManyServiceProvidersCreatedWarning));
            if (options.Postgres is { } connectionString) builder.UseNpgsql(connectionString);
            else builder.UseSqlite(new SqliteConnectionStringBuilder { DataSource = options.SqliteFile, DefaultTimeout = 30 }.ToString())
                .AddInterceptors(SqlitePragmas.Instance);
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

    /// <summary>
    /// Sets up each SQLite connection once: pooled ones keep their settings, and five statements at every opening cost more than most
    /// queries. The pool hands out the same native handle, so the handle is what is remembered, for as long as it lives.
    /// </summary>
    private sealed class SqlitePragmas : DbConnectionInterceptor
    {
        public static readonly SqlitePragmas Instance = new();
        private const string Pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000; "
            + "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000; PRAGMA foreign_keys=ON;";
        private static readonly object s_done = new();
        private readonly ConditionalWeakTable<object, object> _ready = [];

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            if (!IsNew(connection)) return;
            using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            command.ExecuteNonQuery();
        }

        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData,
            CancellationToken cancellationToken = default)
        {
            ConnectionOpened(connection, eventData); // SQLite has no asynchronous calls
            return Task.CompletedTask;
        }

        private bool IsNew(DbConnection connection) => _ready.TryAdd(((SqliteConnection)connection).Handle!, s_done);
    }
}
