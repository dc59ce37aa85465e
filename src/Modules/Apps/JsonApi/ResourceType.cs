namespace Stipend.Apps.JsonApi;

/// <summary>How one attribute is read, and who may see it.</summary>
internal sealed record AttributeReader(Func<object, ApiCall, object?> Read, Func<object, ApiCall, bool>? Visible);

/// <summary>How one relationship is followed, for all resources of a level at once. A request that may not see it is told nothing of
/// it.</summary>
internal sealed record Relation(bool IsMany, Func<ResourceType> Target,
    Func<IReadOnlyList<object>, ApiCall, Task<Func<object, IReadOnlyList<object>>>> Load, Func<ApiCall, bool>? Allowed)
{
    /// <summary>Links beside the data of a to-many relationship of version 1.</summary>
    public Func<object, ApiCall, IReadOnlyDictionary<string, object?>>? Links { get; init; }
}

/// <summary>A kind of resource: what it can tell and where it leads.</summary>
/// <param name="name">Its <c>type</c>.</param>
/// <param name="path">Its address, without the id.</param>
internal abstract class ResourceType(string name, string path)
{
    public string Name { get; } = name;
    public string Path { get; } = path;
    public Dictionary<string, AttributeReader> Attributes { get; } = new(StringComparer.Ordinal);
    public Dictionary<string, Relation> Relations { get; } = new(StringComparer.Ordinal);

    /// <summary>What is told of it when a request names no attributes: nothing in version 2.</summary>
    public IReadOnlyList<string> Defaults { get; protected set; } = [];

    public abstract string IdOf(object entity);
}

/// <summary>A kind of resource made from one type of values.</summary>
internal sealed class ResourceType<T>(string name, string path, Func<T, string> id, string root = Answers.ApiPaths.V2)
    : ResourceType(name, $"{root}/{path}") where T : class
{
    public override string IdOf(object entity) => id((T)entity);

    public ResourceType<T> Has(string attribute, Func<T, ApiCall, object?> read, Func<T, ApiCall, bool>? visible = null)
    {
        Attributes[attribute] = new AttributeReader((entity, call) => read((T)entity, call),
            visible is null ? null : (entity, call) => visible((T)entity, call));
        return this;
    }

    public ResourceType<T> Has(string attribute, Func<T, object?> read) => Has(attribute, (entity, _) => read(entity));

    /// <summary>The attributes named so far are told without being asked for.</summary>
    public ResourceType<T> ByDefault()
    {
        Defaults = [.. Attributes.Keys];
        return this;
    }

    /// <summary>Attributes of things this site does not have.</summary>
    public ResourceType<T> HasNo(params ReadOnlySpan<string> attributes)
    {
        foreach (var attribute in attributes) Has(attribute, _ => null);
        return this;
    }

    public ResourceType<T> One<TTarget>(string relation, Func<ResourceType> target,
        Func<IReadOnlyList<T>, ApiCall, Task<Func<T, TTarget?>>> load, Func<ApiCall, bool>? allowed = null) where TTarget : class
    {
        Relations[relation] = new Relation(false, target, async (entities, call) =>
        {
            var of = await load(entities.Cast<T>().ToList(), call);
            return entity => of((T)entity) is { } found ? [found] : [];
        }, allowed);
        return this;
    }

    public ResourceType<T> Many<TTarget>(string relation, Func<ResourceType> target,
        Func<IReadOnlyList<T>, ApiCall, Task<Func<T, IReadOnlyList<TTarget>>>> load, Func<ApiCall, bool>? allowed = null,
        Func<T, ApiCall, IReadOnlyDictionary<string, object?>>? links = null) where TTarget : class
    {
        Relations[relation] = new Relation(true, target, async (entities, call) =>
        {
            var of = await load(entities.Cast<T>().ToList(), call);
            return entity => of((T)entity);
        }, allowed) { Links = links is null ? null : (entity, call) => links((T)entity, call) };
        return this;
    }

    /// <summary>Relationships to things this site does not have: always empty.</summary>
    public ResourceType<T> LeadsNowhere(bool many, Func<ResourceType> target, Func<ApiCall, bool>? allowed,
        params ReadOnlySpan<string> relations)
    {
        foreach (var relation in relations)
            Relations[relation] = new Relation(many, target, (_, _) => Task.FromResult<Func<object, IReadOnlyList<object>>>(_ => []), allowed);
        return this;
    }
}
