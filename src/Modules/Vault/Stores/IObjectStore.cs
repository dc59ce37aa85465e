namespace Stipend.Vault.Stores;

/// <summary>An object as a store lists it.</summary>
internal sealed record StoredObject(string Key, long SizeBytes, Instant ChangedAt);

/// <summary>
/// Keeps bytes under names of letters, digits, dots, dashes and slashes. Every store promises the same (tests/Compliance/Stores): an object is
/// whole or not there, a reader never sees a part of one, and trouble with the store is a refusal in one sentence, not an answer.
/// </summary>
internal interface IObjectStore
{
    /// <summary>The name rows and settings know it by.</summary>
    string Name { get; }

    /// <summary>Keeps exactly so many bytes under a name, durably; what was there is replaced.</summary>
    /// <exception cref="Refusal">The store cannot be reached, or is full.</exception>
    Task Put(string key, Stream content, long length, CancellationToken ct);

    /// <summary>The bytes from an offset on, as many as asked for and there; null when there is no such object.</summary>
    Task<Stream?> Get(string key, long from, long length, CancellationToken ct);

    /// <summary>The object's size; null when there is none.</summary>
    Task<long?> Size(string key, CancellationToken ct);

    /// <summary>Removes an object; nothing happens when there is none.</summary>
    Task Delete(string key, CancellationToken ct);

    /// <summary>The objects whose names begin so, in the order of their names.</summary>
    IAsyncEnumerable<StoredObject> List(string prefix, CancellationToken ct);
}

/// <summary>The stores of this site by their names.</summary>
internal sealed class ObjectStores(IEnumerable<IObjectStore> stores)
{
    private readonly Dictionary<string, IObjectStore> _byName = stores.ToDictionary(s => s.Name, StringComparer.Ordinal);

    public IReadOnlyCollection<IObjectStore> All => _byName.Values;

    public bool Has(string name) => _byName.ContainsKey(name);

    /// <exception cref="Refusal">Rows or settings name a store this site is not configured for.</exception>
    public IObjectStore this[string name] => _byName.GetValueOrDefault(name)
        ?? throw new Refusal(503, "store_not_configured", $"The file store “{name}” is not set up on this site. The operator sets it under Stipend:Vault.");
}
