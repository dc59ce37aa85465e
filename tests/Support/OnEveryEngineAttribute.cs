using System.Reflection;
using Stipend.Platform.Data;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace Stipend.Support;

/// <summary>Runs a theory once per database engine. Without PostgreSQL that half is skipped with the reason; in CI it must be
/// there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OnEveryEngineAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        var inCi = Environment.GetEnvironmentVariable("CI") == "true";
        var rows = Enum.GetValues<Engine>().Select(engine => new TheoryDataRow<Engine>(engine)
        {
            Skip = engine == Engine.Postgres && !PostgresServer.IsAvailable && !inCi ? PostgresServer.Missing : null,
        });
        return ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>(rows.Cast<ITheoryDataRow>().ToList());
    }

    public override bool SupportsDiscoveryEnumeration() => true;
}
