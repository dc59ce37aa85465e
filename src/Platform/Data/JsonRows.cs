namespace Stipend.Platform.Data;

/// <summary>
/// A JSON array as a table, in the SQL of an engine: how many rows or keys travel in one parameter. The parameter's name is the caller's; columns of a
/// row are told by their place in its array.
/// </summary>
public readonly struct JsonRows(Engine engine)
{
    /// <summary>What comes after FROM, a table with the column <c>value</c>. Before an ON CONFLICT, SQLite also wants a WHERE.</summary>
    public string From(string parameter) =>
        engine == Engine.Sqlite ? $"json_each(@{parameter})" : $"jsonb_array_elements(@{parameter}::jsonb) AS t(value)";

    /// <summary>A whole number at a place of the row.</summary>
    public string Number(int at) => engine == Engine.Sqlite ? $"json_extract(value, '$[{at}]')" : $"(value->>{at})::bigint";

    /// <summary>A text at a place of the row.</summary>
    public string Text(int at) => engine == Engine.Sqlite ? $"json_extract(value, '$[{at}]')" : $"value->>{at}";
}
