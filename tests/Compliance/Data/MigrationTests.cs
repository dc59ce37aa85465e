using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Compliance.Messaging;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Compliance.Data;

public sealed class MigrationTests
{
    [Theory, OnEveryEngine]
    public async Task From_empty_every_file_is_applied_once_and_in_order(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var known = Migrator.Load(app.Services.GetServices<MigrationSource>(), engine).ConvertAll(m => $"{m.Module}/{m.Name}");
        known.ShouldNotBeEmpty();
        known.ShouldBeUnique();
        (await app.Column("SELECT module || '/' || name FROM schema_migration")).Order().ShouldBe(known.Order());
        (await app.In(s => s.GetRequiredService<Migrator>().Run())).ShouldBeEmpty();
        (await app.In(s => s.GetRequiredService<Migrator>().Pending())).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task Every_mapped_property_has_its_column_of_the_right_kind_and_nullability(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var columns = (await Schema.Read(app, engine)).ToDictionary(c => (c.Table, c.Name));
        var faults = new List<string>();
        var mapped = new HashSet<(string, string)>();
        await app.In(s => Task.Run(() =>
        {
            foreach (var entity in s.GetRequiredService<Db>().Model.GetEntityTypes())
            {
                var table = StoreObjectIdentifier.Table(entity.GetTableName()!);
                foreach (var property in entity.GetProperties())
                {
                    var name = property.GetColumnName(table)!;
                    mapped.Add((table.Name, name));
                    if (!columns.TryGetValue((table.Name, name), out var column)) faults.Add($"{table.Name}.{name} is missing");
                    else if (column.IsNullable != property.IsNullable) faults.Add($"{table.Name}.{name} is {(column.IsNullable ? "nullable" : "not null")} in the database only");
                    else if (Schema.Kind(property) is var kind
                        && column.Kind != kind) faults.Add($"{table.Name}.{name} is {column.Kind}, mapped as {kind}");
                }
            }
        }));
        var tables = mapped.Select(m => m.Item1).ToHashSet();
        faults.AddRange(columns.Values.Where(c => tables.Contains(c.Table) && !mapped.Contains((c.Table, c.Name)) && !c.IsNullable)
            .Select(c => $"{c.Table}.{c.Name} is in the database, must be filled, and nobody maps it"));
        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Both_engines_have_the_same_tables_and_columns()
    {
        if (!PostgresServer.IsAvailable && Environment.GetEnvironmentVariable("CI") != "true") Assert.Skip(PostgresServer.Missing);
        await using var sqlite = await TestApp.Start(Engine.Sqlite);
        await using var postgres = await TestApp.Start(Engine.Postgres);
        var left = (await Schema.Read(sqlite, Engine.Sqlite)).Where(c => !Schema.IsSearch(c)).Select(c => c.ToString());
        var right = (await Schema.Read(postgres, Engine.Postgres)).Where(c => !Schema.IsSearch(c)).Select(c => c.ToString());
        left.Order(StringComparer.Ordinal).ShouldBe(right.Order(StringComparer.Ordinal));
    }

    [Theory, OnEveryEngine]
    public async Task A_file_changed_after_it_was_applied_is_refused(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.Execute("UPDATE schema_migration SET checksum = 'another' WHERE module = 'platform' AND name = '0001_platform'");
        (await Should.ThrowAsync<Refusal>(() =>
            app.In(s => (Task)s.GetRequiredService<Migrator>().Run()))).Message.ShouldContain("platform/0001_platform was changed");
        using var client = app.Client();
        (await (await client.GetAsync("/health/ready")).Content.ReadAsStringAsync()).ShouldBe("migration_changed");
    }

    [Theory, OnEveryEngine]
    public async Task A_database_ahead_of_the_program_is_refused_with_the_way_out(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.Execute("INSERT INTO schema_migration VALUES ('platform', '0999_future', 'x', 1)");
        var refusal = await Should.ThrowAsync<Refusal>(() => app.In(s => (Task)s.GetRequiredService<Migrator>().Run()));
        refusal.Code.ShouldBe("database_ahead");
        refusal.Message.ShouldContain("platform/0999_future");
        refusal.Message.ShouldContain("stipend restore");
    }

    [Theory, OnEveryEngine]
    public async Task A_migration_that_fails_leaves_nothing_of_itself(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.Execute("DELETE FROM schema_migration WHERE module = 'platform' AND name = '0002_mail'"); // its table is there already
        await Should.ThrowAsync<InvalidOperationException>(() => app.In(s => (Task)s.GetRequiredService<Migrator>().Run()));
        (await app.Column("SELECT name FROM schema_migration WHERE module = 'platform'")).ShouldNotContain("0002_mail");
        using var client = app.Client();
        (await (await client.GetAsync("/health/ready")).Content.ReadAsStringAsync()).ShouldBe("migrations missing: 1");
    }

    [Fact]
    public async Task Before_it_changes_a_database_in_use_the_sqlite_file_is_copied_and_three_copies_are_kept()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        for (var i = 0; i < 5; i++)
        {
            app.Time.Advance(Duration.FromMinutes(1));
            await app.Execute("DROP TABLE captured_mail");
            await app.Execute("DELETE FROM schema_migration WHERE module = 'platform' AND name = '0002_mail'");
            (await app.In(s => s.GetRequiredService<Migrator>().Run())).ShouldBe(["platform/0002_mail"]);
        }
        Directory.GetFiles(app.DataFolder, "before-migration-*.db").Length.ShouldBe(3);
    }

    [Theory, OnEveryEngine]
    public async Task Processes_that_start_together_migrate_once(Engine engine)
    {
        if (engine == Engine.Sqlite) return; // one process
        await using var app = await TestApp.Start(engine);
        await app.Execute("DROP TABLE captured_mail");
        await app.Execute("DELETE FROM schema_migration WHERE module = 'platform' AND name = '0002_mail'");
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => app.In(s => s.GetRequiredService<Migrator>().Run())));
        runs.Sum(r => r.Count).ShouldBe(1);
    }
}
