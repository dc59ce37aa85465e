using System.Globalization;
using System.Text.Json;

namespace Stipend.Platform.Data;

/// <summary>Numbers for <c>IN (…)</c>, where they are few: many travel as one parameter by <see cref="JsonRows"/>.</summary>
public static class SqlList
{
    /// <summary>“1,2,3”: numbers only, so there is nothing to escape. Of none it is NULL, in which nothing is found (and, with NOT, nothing
    /// either).</summary>
    public static string Of(IEnumerable<long> numbers) =>
        string.Join(',', numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))) is { Length: > 0 } list ? list : "NULL";

    extension(Db db)
    {
        /// <summary>“The column is one of parameter @keys”, one text however many, so that it stays compiled; the value is <see cref="Keys"/>.</summary>
        public string Among(string column) =>
            db.Engine == Engine.Sqlite ? $"{column} IN (SELECT value FROM json_each(@keys))" : $"{column} = ANY(@keys)";

        /// <summary>What <see cref="Among"/> asks for, as the engine takes it.</summary>
        public (string Name, object? Value) Keys<T>(IEnumerable<T> keys)
        {
            var all = keys.ToArray();
            return ("keys", db.Engine == Engine.Sqlite ? JsonSerializer.Serialize(all) : all);
        }
    }
}
