using System.Globalization;

namespace Stipend.Platform.Data;

/// <summary>Numbers for <c>IN (…)</c>, where they are few: many travel as one parameter by <see cref="JsonRows"/>.</summary>
public static class SqlList
{
    /// <summary>“1,2,3”: numbers only, so there is nothing to escape. Of none it is NULL, in which nothing is found (and, with NOT, nothing
    /// either).</summary>
    public static string Of(IEnumerable<long> numbers) =>
        string.Join(',', numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))) is { Length: > 0 } list ? list : "NULL";
}
