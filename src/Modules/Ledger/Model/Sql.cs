using Stipend.Platform.Data;

namespace Stipend.Ledger.Model;

/// <summary>The few places where the engines spell the same thing differently.</summary>
internal static class Sql
{
    /// <summary>A JSON array of numbers in parameter @json, as a one-column table.</summary>
    public static string Numbers(Engine engine) => engine == Engine.Sqlite
        ? "SELECT value FROM json_each(@json)"
        : "SELECT value::bigint AS value FROM jsonb_array_elements_text(@json::jsonb) AS t(value)";

    /// <summary>A JSON array of [id, kind, owner, currency] in parameter @json, as a table with those columns.</summary>
    public static string Accounts(Engine engine)
    {
        var rows = new JsonRows(engine);
        return $"SELECT {rows.Number(0)} AS id, {rows.Text(1)} AS kind, {rows.Number(2)} AS owner_id, {rows.Text(3)} AS currency FROM {rows.From("json")}";
    }
}
