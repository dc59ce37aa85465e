using System.Reflection;
using System.Text;

namespace Stipend.Conventions;

/// <summary>Writes a public type as a few lines that change when its contract does.</summary>
internal static class Contracts
{
    public static string Describe(Type type)
    {
        var text = new StringBuilder().Append(Kind(type)).Append(' ').Append(type.Namespace).Append('.').Append(Name(type)).Append('\n');
        if (type.IsEnum)
        {
            text.Append("  ").AppendJoin(", ", Enum.GetNames(type)).Append('\n');
            return text.ToString();
        }
        const BindingFlags own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var members = type.GetMembers(own).Where(m => !IsGenerated(m, type)).Select(Member).OfType<string>().Order(StringComparer.Ordinal);
        foreach (var member in members) text.Append("  ").Append(member).Append('\n');
        return text.ToString();
    }

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        _ when IsRecord(type) => "record",
        _ => "class",
    };

    private static string? Member(MemberInfo member) => member switch
    {
        ConstructorInfo c => $"({Parameters(c)})",
        PropertyInfo p => $"{p.Name}: {Name(p.PropertyType)}",
        FieldInfo { IsSpecialName: false } f => $"{f.Name}: {Name(f.FieldType)}",
        MethodInfo { IsSpecialName: false } m => $"{m.Name}({Parameters(m)}): {Name(m.ReturnType)}",
        EventInfo e => $"event {e.Name}",
        _ => null,
    };

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(p => $"{p.Name}: {Name(p.ParameterType)}{(p.IsOptional ? " = …" : "")}"));

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null;

    /// <summary>What the compiler adds to records.</summary>
    private static bool IsGenerated(MemberInfo member, Type type) => member.Name.Contains('<')
        || ((IsRecord(type) || type.IsValueType)
            && member.Name is "Equals" or "GetHashCode" or "ToString" or "Deconstruct" or "op_Equality" or "op_Inequality" or "PrintMembers");

    private static string Name(Type type)
    {
        if (type.IsByRef) return Name(type.GetElementType()!);
        if (type.IsArray) return Name(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } inner) return Name(inner) + "?";
        var name = type.Name.Split('`')[0];
        if (type.IsNested && !type.IsGenericParameter) name = $"{type.DeclaringType!.Name.Split('`')[0]}.{name}";
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }
}
