using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stipend.Apps.Answers;

namespace Stipend.Apps.JsonApi;

/// <summary>
/// What a request asks to be told: attributes per type, paths to follow, a page. Clients send brackets and commas raw or encoded, spaces,
/// the same name twice, empty values; none of that is an error. What is asked for and cannot be is.
/// </summary>
internal sealed class ApiQuery
{
    private const int MostSteps = 60, Deepest = 6;
    private readonly Dictionary<string, List<string>> _fields = new(StringComparer.Ordinal);

    private ApiQuery(IReadOnlyList<string[]> steps, IReadOnlyList<KeyValuePair<string, string>> all) => (Steps, All) = (steps, all);

    /// <summary>Every prefix of every include path once, in the order asked: “memberships”, “memberships.campaign”.</summary>
    public IReadOnlyList<string[]> Steps { get; }

    /// <summary>Every parameter as it came, decoded, for the link to the next page.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> All { get; }

    /// <summary>The attributes asked for of a type, in order; without a word about the type, what it tells by itself.</summary>
    public IReadOnlyList<string> Fields(ResourceType type) => _fields.TryGetValue(type.Name, out var names) ? names : type.Defaults;

    /// <summary>A request of version 1, where everything is told unless the request says otherwise.</summary>
    public bool IsFirst { get; private init; }

    /// <summary>Asks for every attribute of the types, and follows these relationships.</summary>
    public static ApiQuery AllOf(IReadOnlyList<string[]> steps, params ReadOnlySpan<ResourceType> types)
    {
        var query = new ApiQuery(steps, []);
        foreach (var type in types) query._fields[type.Name] = [.. type.Attributes.Keys];
        return query;
    }

    /// <summary>Does not ask for some attributes of a type after all.</summary>
    public ApiQuery Without(ResourceType type, params ReadOnlySpan<string> names)
    {
        foreach (var name in names) _fields[type.Name].Remove(name);
        return this;
    }

    /// <summary>Asks for what version 1 tells by itself.</summary>
    public static ApiQuery First(IReadOnlyList<string[]> steps) => new(steps, []) { IsFirst = true };

    public bool Wants(string type, params ReadOnlySpan<string> names)
    {
        if (IsFirst) return true;
        if (!_fields.TryGetValue(type, out var asked)) return false;
        foreach (var name in names)
            if (asked.Contains(name)) return true;
        return false;
    }

    /// <param name="query">The query string.</param>
    /// <param name="defaults">For version 1: the paths followed when the request names none.</param>
    /// <exception cref="ApiProblem">An include path is too deep, or there are too many.</exception>
    public static ApiQuery Read(IQueryCollection query, string[]? defaults = null)
    {
        var steps = new List<string[]>();
        var byDefault = defaults is not null && !query.ContainsKey("include") && query["json-api-use-default-includes"] != "false";
        foreach (var path in byDefault ? defaults! : Items(query["include"]))
        {
            var names = path.Split('.').TakeWhile(n => n != "null").ToArray();
            for (var depth = 1; depth <= names.Length; depth++)
                if (!steps.Any(s => s.AsSpan().SequenceEqual(names.AsSpan(0, depth)))) steps.Add(names[..depth]);
            if (names.Length > Deepest || steps.Count > MostSteps)
                throw ApiProblem.WrongParameter("include", $"At most {MostSteps} relationships, at most {Deepest} deep.");
        }
        var read = new ApiQuery(steps, query.SelectMany(p => p.Value.Select(v => KeyValuePair.Create(p.Key, v ?? ""))).ToList())
        {
            IsFirst = defaults is not null,
        };
        foreach (var (name, values) in query)
            if (name.StartsWith("fields[", StringComparison.Ordinal) && name.EndsWith(']'))
                read._fields[name["fields[".Length..^1]] = Items(values).Distinct(StringComparer.Ordinal).ToList();
        return read;
    }

    /// <summary>The wanted size of a page, at most the list's own.</summary>
    /// <exception cref="ApiProblem">It is no number, or less than one.</exception>
    public int PageSize(int most, int? usual = null)
    {
        foreach (var name in (string[])["page[count]", "page[size]"])
        {
            if (One(name) is not { } text) continue;
            if (!text.All(char.IsAsciiDigit) || text.All(c => c == '0')) throw ApiProblem.WrongParameter(name, "A whole number, at least 1.");
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? Math.Min(count, most) : most;
        }
        return usual ?? most;
    }

    public string? Cursor => One("page[cursor]");

    /// <summary>How the list is to be sorted by time of creation: true newest first, false oldest first, null as it is by itself. Other
    /// names are not known to this API.</summary>
    public bool? Newest => Items(All.Where(p => p.Key == "sort").Select(p => p.Value).ToArray()).Select(name => name switch
    {
        "created" => (bool?)false, "-created" => true, _ => null,
    }).FirstOrDefault(known => known is not null);

    /// <summary>The first known of the names to sort by, in version 1.</summary>
    public string? Sort(params string[] known) => Items(All.Where(p => p.Key == "sort").Select(p => p.Value).ToArray()).FirstOrDefault(known.Contains);

    private string? One(string name) => All.LastOrDefault(p => p.Key == name).Value?.Trim() is { Length: > 0 } value ? value : null;

    private static IEnumerable<string> Items(Microsoft.Extensions.Primitives.StringValues values) =>
        values.SelectMany(v => (v ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
