using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;

namespace Stipend.Ledger.Model;

/// <summary>The ledger's tables are written and read by SQL only; nothing of them is mapped, so nothing can be saved by accident.</summary>
internal sealed class LedgerTables : IModelPart
{
    public void Build(Tables tables)
    {
    }
}
