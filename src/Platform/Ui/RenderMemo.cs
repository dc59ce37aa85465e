using System.Collections.Concurrent;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Stipend.Platform.Ui;

/// <summary>
/// Keeps the markup of small components that many people see alike, such as a post's card. What a component draws must follow from its
/// model and the reader's words alone: the key is the model itself, compared by value, with language, culture and zone, so nothing has to be
/// told when something changes, and nobody can be given what another model says.
/// </summary>
public sealed class RenderMemo
{
    /// <summary>Of a generation. There are two, so eight megabytes of markup, and about as much again in the models they are kept under.</summary>
    private const long MostCharacters = 2_000_000;

    /// <summary>What is longer is drawn each time: a few such would drive out what everybody sees.</summary>
    private const int LongestKept = 16_000;

    private Generations _kept = new(new Generation(), new Generation());

    private sealed record Generations(Generation Young, Generation Old);

    private sealed class Generation
    {
        private long _characters;

        public ConcurrentDictionary<Key, MarkupString> Drawn { get; } = new();

        /// <summary>False when it is full.</summary>
        public bool Keep(Key key, MarkupString drawn)
        {
            Drawn[key] = drawn;
            return Interlocked.Add(ref _characters, drawn.Value.Length) <= MostCharacters;
        }
    }

    private sealed record Key(object Model, Type Component, string Language, string Culture, DateTimeZone Zone);

    /// <summary>The markup of each model, the component's <c>Model</c>, drawn now where it is not kept from before.</summary>
    /// <param name="models">Records that compare by value in all their parts.</param>
    /// <param name="words">The reader's.</param>
    /// <param name="services">The request's.</param>
    public async Task<IReadOnlyList<MarkupString>> Draw<T>(IReadOnlyList<object> models, Localizer words, IServiceProvider services) where T : IComponent
    {
        var drawn = new MarkupString[models.Count];
        HtmlRenderer? renderer = null;
        try
        {
            for (var i = 0; i < models.Count; i++)
            {
                var key = new Key(models[i], typeof(T), words.Language, words.Culture.Name, words.Zone);
                if (Find(key, out drawn[i])) continue;
                renderer ??= new HtmlRenderer(services, services.GetRequiredService<ILoggerFactory>());
                drawn[i] = await Draw<T>(renderer, ParameterView.FromDictionary(new Dictionary<string, object?> { ["Model"] = models[i] }));
                Keep(key, drawn[i]);
            }
        }
        finally
        {
            if (renderer is not null) await renderer.DisposeAsync();
        }
        return drawn;
    }

    private bool Find(Key key, out MarkupString drawn)
    {
        var kept = Volatile.Read(ref _kept);
        if (kept.Young.Drawn.TryGetValue(key, out drawn)) return true;
        if (!kept.Old.Drawn.TryGetValue(key, out drawn)) return false;
        Keep(key, drawn); // what is asked for outlives the change of generations
        return true;
    }

    private void Keep(Key key, MarkupString drawn)
    {
        if (drawn.Value.Length > LongestKept) return;
        var kept = Volatile.Read(ref _kept);
        if (!kept.Young.Keep(key, drawn)) Interlocked.CompareExchange(ref _kept, new Generations(new Generation(), kept.Young), kept);
    }

    private static Task<MarkupString> Draw<T>(HtmlRenderer renderer, ParameterView parameters) where T : IComponent =>
        renderer.Dispatcher.InvokeAsync(async () =>
            new MarkupString((await renderer.RenderComponentAsync<T>(parameters)).ToHtmlString()));
}
