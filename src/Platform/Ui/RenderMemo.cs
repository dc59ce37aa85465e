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
    private const long MostCharacters = 4_000_000; // some three thousand cards, eight megabytes
    private readonly ConcurrentDictionary<Key, MarkupString> _kept = new();
    private long _characters;

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
                if (_kept.TryGetValue(key, out drawn[i])) continue;
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

    private void Keep(Key key, MarkupString drawn)
    {
        if (Interlocked.Add(ref _characters, drawn.Value.Length) > MostCharacters)
        {
            _kept.Clear();
            Interlocked.Exchange(ref _characters, drawn.Value.Length);
        }
        _kept[key] = drawn;
    }

    private static Task<MarkupString> Draw<T>(HtmlRenderer renderer, ParameterView parameters) where T : IComponent =>
        renderer.Dispatcher.InvokeAsync(async () =>
            new MarkupString((await renderer.RenderComponentAsync<T>(parameters)).ToHtmlString()));
}
