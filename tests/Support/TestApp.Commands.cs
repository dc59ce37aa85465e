using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Data;

namespace Stipend.Support;

public sealed partial class TestApp
{
    /// <summary>How many SQL commands the site sends while something happens. Nothing else may go on meanwhile.</summary>
    public async Task<long> CountCommands(Func<Task> work)
    {
        var count = Services.GetRequiredService<CommandCount>();
        var before = count.Value;
        await work();
        return count.Value - before;
    }
}
