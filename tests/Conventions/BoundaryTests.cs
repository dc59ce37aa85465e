using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Shouldly;
using Xunit;

namespace Stipend.Conventions;

/// <summary>What holds the modules apart, beside the compiler.</summary>
public sealed partial class BoundaryTests
{
    /// <summary>Who may know whom. The outer ones (what people see) may know the contracts of all; nobody points at them.</summary>
    private static readonly Dictionary<string, string> s_arrows = new()
    {
        ["Kernel"] = "",
        ["TestGateway"] = "",
        ["Platform"] = "Kernel",
        ["Ledger"] = "Platform",
        ["Accounts"] = "Platform",
        ["Campaigns"] = "Platform Accounts",
        ["Billing"] = "Platform Ledger Accounts TestGateway",
        ["Entitlements"] = "Platform Campaigns",
        ["Memberships"] = "Platform Campaigns Billing Entitlements",
        ["Payouts"] = "Platform Ledger Campaigns Billing",
        ["Vault"] = "Platform Campaigns Entitlements",
        ["Posts"] = "Platform Accounts Campaigns Billing Entitlements Vault",
        ["Notifications"] = "Platform Accounts Campaigns Entitlements Posts",
        ["Comments"] = "Platform Accounts Campaigns Entitlements Posts Notifications",
        ["Mailings"] = "Platform Accounts Campaigns Entitlements Posts",
        ["Imports"] = "Platform Accounts Campaigns Memberships",
        ["Apps"] = "Platform Accounts Campaigns Memberships Entitlements Billing Ledger Posts",
        ["Operations"] = "Platform Accounts Campaigns Memberships Entitlements Billing Ledger Payouts Posts Imports",
        ["DevTools"] = "Platform Accounts Campaigns Memberships Entitlements Billing Ledger Payouts Posts Imports TestGateway",
    };

    /// <summary>Platform's tables that are there for all: whether a book is real or a sandbox, and settings of the site.</summary>
    private static readonly string[] s_shared = ["book", "setting"];

    private static readonly string[] s_modules =
        [.. Directory.GetDirectories(Path.Combine(Repository.Root, "src/Modules")).Select(d => Path.GetFileName(d)!)
            .Order(StringComparer.Ordinal)];

    public static TheoryData<string> Modules => [.. s_modules];

    [Fact]
    public void Project_references_point_only_where_the_map_says()
    {
        var strays = new List<string>();
        foreach (var project in Repository.Files(".csproj", "src"))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            if (name == "Stipend") continue; // composes all
            var allowed = s_arrows.GetValueOrDefault(name)?.Split(' ');
            if (allowed is null) strays.Add($"{name} is not on the map");
            else strays.AddRange(ProjectReference().Matches(Repository.Read(project)).Select(m => m.Groups[1].Value)
                .Where(to => !allowed.Contains(to)).Select(to => $"{name} → {to}"));
        }
        strays.ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(Modules))]
    public void A_module_shows_its_contracts_and_its_front_door_and_nothing_else(string module)
    {
        var assembly = Assembly.Load($"Stipend.{module}");
        var shown = Shown(assembly);
        assembly.GetExportedTypes()
            .Where(type => !IsContract(type) && !IsFrontDoor(type) && !IsPage(type) && !shown.Contains(type)).Select(type => type.FullName)
            .ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(Modules))]
    public void A_modules_sql_touches_only_its_own_tables(string module)
    {
        var tables = s_modules.Append("Platform").ToDictionary(name => name, Tables);
        var foreign = tables.Where(owner => owner.Key != module)
            .SelectMany(owner => owner.Value.Select(table => (table, owner.Key)))
            .ToDictionary(p => p.table, p => p.Key);
        var strays = from file in Repository.Files(".cs .sql", $"src/Modules/{module}")
                     from Match match in TableUse().Matches(Repository.Read(file))
                     where !s_shared.Contains(match.Groups[1].Value)
                         && !tables[module].Contains(match.Groups[1].Value) && foreign.ContainsKey(match.Groups[1].Value)
                     select $"{file} uses {match.Groups[1].Value} of {foreign[match.Groups[1].Value]}";
        strays.Distinct().ShouldBeEmpty();
    }

    [Fact]
    public void No_two_modules_have_a_table_of_the_same_name() =>
        s_modules.Append("Platform").SelectMany(Tables).GroupBy(table => table).Where(group => group.Count() > 1).Select(group => group.Key)
            .ShouldBeEmpty();

    [Theory]
    [InlineData("Ledger")]
    [InlineData("Billing")]
    [InlineData("Payouts")]
    public void Money_is_whole_minor_units(string module)
    {
        var strays = from file in Repository.Files(".cs", $"src/Modules/{module}")
                     from line in Repository.Lines(file)
                     where Fraction().IsMatch(Comment().Replace(line, ""))
                     select $"{file}: {line.Trim()}";
        strays.ShouldBeEmpty();
    }

    [Fact]
    public void Changes_of_contracts_are_seen()
    {
        var text = string.Join('\n', s_modules.SelectMany(module => Assembly.Load($"Stipend.{module}").GetExportedTypes())
            .Where(IsContract).Where(type => !type.IsNested && !IsPage(type)).OrderBy(type => type.FullName, StringComparer.Ordinal)
                .Select(Contracts.Describe));
        Repository.ShouldBeSnapshot("# Public types of the modules. Written by the tests with UPDATE_SNAPSHOTS=1.\n\n" + text + "\n",
            "docs/reference/contracts.txt");
    }

    private static bool IsContract(Type type) => type.Namespace?.EndsWith(".Contracts", StringComparison.Ordinal) == true;

    private static bool IsFrontDoor(Type type) => type.Name == $"{type.Assembly.GetName().Name!["Stipend.".Length..]}Module";

    /// <summary>A component and its model: the Razor compiler knows no internal ones.</summary>
    private static bool IsPage(Type type) => typeof(IComponent).IsAssignableFrom(type) || (type.DeclaringType is { } outer && IsPage(outer))
        || type.Name == "_Imports";

    /// <summary>What pages are given to draw, and what that is made of: public because the pages are.</summary>
    private static HashSet<Type> Shown(Assembly assembly)
    {
        var shown = new HashSet<Type>();
        var next = new Queue<Type>(assembly.GetExportedTypes().Where(IsPage));
        while (next.TryDequeue(out var type))
            foreach (var part in type.GetProperties().SelectMany(p => Parts(p.PropertyType)).Where(part => part.Assembly == assembly))
                if (shown.Add(part)) next.Enqueue(part);
        return shown;
    }

    private static IEnumerable<Type> Parts(Type type) =>
        type.IsArray ? Parts(type.GetElementType()!) : type.GetGenericArguments().SelectMany(Parts).Append(type);

    private static HashSet<string> Tables(string module) =>
        Repository.Files(".sql", module == "Platform" ? "src/Platform" : $"src/Modules/{module}")
        .SelectMany(file => TableMade().Matches(Repository.Read(file)).Select(m => m.Groups[1].Value)).ToHashSet(StringComparer.Ordinal);

    [GeneratedRegex(@"<ProjectReference Include=""[^""]*?(\w+)\.csproj""")]
    private static partial Regex ProjectReference();

    [GeneratedRegex(@"CREATE (?:VIRTUAL )?TABLE (?:IF NOT EXISTS )?(\w+)")]
    private static partial Regex TableMade();

    [GeneratedRegex(@"(?:\bFROM|\bJOIN|\bINTO|\bUPDATE|\bREFERENCES|BulkInsert\("")\s*([a-z_]+)\b")]
    private static partial Regex TableUse();

    [GeneratedRegex(@"\b(decimal|double|float|Decimal|Double|Single)\b")]
    private static partial Regex Fraction();

    [GeneratedRegex(@"//.*$|""[^""]*""")]
    private static partial Regex Comment();
}
