using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Data;

namespace Stipend.Billing.Collecting;

/// <summary>
/// The name of this installation in every idempotency key, made once and kept in the database: a copy of the site that charges at the same
/// gateway
/// account is told apart from the original when the operator renews it.
/// </summary>
internal sealed class Instance(IServiceScopeFactory scopes)
{
    private string? _id;

    public async ValueTask<string> Id(CancellationToken ct)
    {
        if (_id is not null) return _id;
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<Db>();
        await db.Execute("INSERT INTO setting (name, value) VALUES ('billing.instance', @id) ON CONFLICT DO NOTHING", ct,
            ("id", RandomNumberGenerator.GetHexString(12, lowercase: true)));
        await using var command = await db.Command("SELECT value FROM setting WHERE name = 'billing.instance'", ct);
        return _id = (string)(await command.ExecuteScalarAsync(ct))!;
    }
}
