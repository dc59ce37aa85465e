using System.Text.Json;
using NodaTime.Text;
using Stipend.Apps.Answers;

namespace Stipend.Apps.JsonApi;

/// <summary>
/// A document: the resources asked for, and those their include paths lead to, each once. A path is followed for all resources of a level
/// together, so the number of SQL commands depends on the paths and never on how much there is.
/// </summary>
internal sealed class Document
{
    private static readonly InstantPattern s_time = InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm:ss.fff'+00:00'");
    private readonly Dictionary<(string Type, string Id), Node> _nodes = [];
    private readonly List<Node> _primary = [];
    private readonly List<Node> _included = [];
    private readonly ApiCall _call;

    /// <summary>A time as clients parse it.</summary>
    internal static string Time(Instant at) => s_time.Format(at);

    private Document(ApiCall call) => _call = call;

    private sealed class Node(ResourceType type, string id, object entity)
    {
        public ResourceType Type { get; } = type;
        public string Id { get; } = id;
        public object Entity { get; } = entity;
        public OrderedDictionary<string, (bool IsMany, List<Node> Targets)> Relations { get; } = [];
        public bool IsListed { get; set; }
    }

    /// <exception cref="ApiProblem">An include path names no relationship.</exception>
    public static async Task<Document> Of(ApiCall call, ResourceType type, IReadOnlyList<object> entities)
    {
        var document = new Document(call);
        var types = Check(call.Query.Steps, type);
        foreach (var entity in entities)
        {
            var node = document.NodeOf(type, entity);
            if (!node.IsListed) document._primary.Add(node);
            node.IsListed = true;
        }
        var reached = new Dictionary<string, List<Node>> { [""] = document._primary };
        foreach (var step in call.Query.Steps)
        {
            var (parent, path) = (string.Join('.', step[..^1]), string.Join('.', step));
            reached[path] = await document.Follow(types[parent].Relations[step[^1]], step[^1], reached[parent]);
        }
        return document;
    }

    /// <summary>The type each path leads to, before anything is loaded.</summary>
    private static Dictionary<string, ResourceType> Check(IReadOnlyList<string[]> steps, ResourceType type)
    {
        var types = new Dictionary<string, ResourceType> { [""] = type };
        foreach (var step in steps)
        {
            var from = types[string.Join('.', step[..^1])];
            if (!from.Relations.TryGetValue(step[^1], out var relation))
                throw ApiProblem.WrongParameter("include", $"A {from.Name} has no relationship “{step[^1]}”.");
            types[string.Join('.', step)] = relation.Target();
        }
        return types;
    }

    private async Task<List<Node>> Follow(Relation relation, string name, List<Node> from)
    {
        var found = new List<Node>();
        if (from.Count == 0 || relation.Allowed?.Invoke(_call) == false) return found;
        var load = await relation.Load(from.ConvertAll(n => n.Entity), _call);
        var seen = new HashSet<Node>();
        foreach (var node in from)
        {
            var targets = load(node.Entity).Select(entity => NodeOf(relation.Target(), entity)).ToList();
            node.Relations[name] = (relation.IsMany, targets);
            foreach (var target in targets)
            {
                if (seen.Add(target)) found.Add(target);
                if (target.IsListed) continue;
                target.IsListed = true;
                _included.Add(target);
            }
        }
        return found;
    }

    private Node NodeOf(ResourceType type, object entity)
    {
        var id = type.IdOf(entity);
        if (!_nodes.TryGetValue((type.Name, id), out var node)) _nodes[(type.Name, id)] = node = new Node(type, id, entity);
        return node;
    }

    /// <summary>Writes one resource and the resources it leads to; with more than one in the document, those it leads to directly.</summary>
    public void WriteOne(Utf8JsonWriter json, int index = 0)
    {
        var node = _primary[index];
        json.WriteStartObject();
        json.WritePropertyName("data");
        Write(json, node);
        WriteIncluded(json, _primary.Count == 1 ? _included
            : node.Relations.Values.SelectMany(r => r.Targets).Distinct().Where(target => target != node).ToList());
        json.WriteStartObject("links");
        json.WriteString("self", $"{_call.Origin}{node.Type.Path}/{node.Id}");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Writes a list as version 1 does: the first page's link always, the next one's while there is more, the number of
    /// all.</summary>
    public void WriteFirstList(Utf8JsonWriter json, int total, IReadOnlyDictionary<string, object?> links)
    {
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var node in _primary) Write(json, node);
        json.WriteEndArray();
        WriteIncluded(json, _included);
        json.WritePropertyName("links");
        Write(json, links);
        json.WriteStartObject("meta");
        json.WriteNumber("count", total);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Writes a list. <c>links</c> is there on its last page too, empty: a client fails without it.</summary>
    public void WriteList(Utf8JsonWriter json, int total, string? cursor)
    {
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var node in _primary) Write(json, node);
        json.WriteEndArray();
        WriteIncluded(json, _included);
        json.WriteStartObject("links");
        if (cursor is not null) json.WriteString("next", _call.NextPage(cursor));
        json.WriteEndObject();
        json.WriteStartObject("meta");
        json.WriteStartObject("pagination");
        json.WriteStartObject("cursors");
        json.WriteString("next", cursor);
        json.WriteEndObject();
        json.WriteNumber("total", total);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteIncluded(Utf8JsonWriter json, List<Node> included)
    {
        if (included.Count == 0) return;
        json.WriteStartArray("included");
        foreach (var node in included) Write(json, node);
        json.WriteEndArray();
    }

    private void Write(Utf8JsonWriter json, Node node)
    {
        json.WriteStartObject();
        json.WriteStartObject("attributes");
        foreach (var name in _call.Query.Fields(node.Type))
            if (node.Type.Attributes.TryGetValue(name, out var attribute) && attribute.Visible?.Invoke(node.Entity, _call) != false)
            {
                json.WritePropertyName(name);
                Write(json, attribute.Read(node.Entity, _call));
            }
        json.WriteEndObject();
        json.WriteString("id", node.Id);
        if (node.Relations.Count > 0)
        {
            json.WriteStartObject("relationships");
            foreach (var (name, relation) in node.Relations) Write(json, node, name, relation.IsMany, relation.Targets);
            json.WriteEndObject();
        }
        json.WriteString("type", node.Type.Name);
        json.WriteEndObject();
    }

    private void Write(Utf8JsonWriter json, Node node, string name, bool isMany, List<Node> targets)
    {
        json.WriteStartObject(name);
        json.WritePropertyName("data");
        if (isMany)
        {
            json.WriteStartArray();
            foreach (var target in targets) WriteIdentity(json, target);
            json.WriteEndArray();
            if (node.Type.Relations[name].Links is { } links)
            {
                json.WritePropertyName("links");
                Write(json, links(node.Entity, _call));
            }
        }
        else if (targets.Count == 0) json.WriteNullValue();
        else
        {
            WriteIdentity(json, targets[0]);
            json.WriteStartObject("links");
            json.WriteString("related", $"{_call.Origin}{targets[0].Type.Path}/{targets[0].Id}");
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteIdentity(Utf8JsonWriter json, Node node)
    {
        json.WriteStartObject();
        json.WriteString("id", node.Id);
        json.WriteString("type", node.Type.Name);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case bool truth: json.WriteBooleanValue(truth); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case Instant at: json.WriteStringValue(Time(at)); break;
            case IReadOnlyDictionary<string, object?> parts:
                json.WriteStartObject();
                foreach (var (name, part) in parts)
                {
                    json.WritePropertyName(name);
                    Write(json, part);
                }
                json.WriteEndObject();
                break;
            case IEnumerable<string> items:
                json.WriteStartArray();
                foreach (var item in items) json.WriteStringValue(item);
                json.WriteEndArray();
                break;
            default: throw new NotSupportedException($"No JSON is made of {value.GetType().Name}.");
        }
    }
}
