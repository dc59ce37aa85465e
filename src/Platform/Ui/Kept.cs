using Microsoft.AspNetCore.Components;

namespace Stipend.Platform.Ui;

/// <summary>Components drawn for this reader, or taken as they were drawn before: <see cref="RenderMemo"/> with the request's words.</summary>
public sealed class Kept(RenderMemo memo, Localizer words, IServiceProvider services)
{
    /// <summary>The markup of component <typeparamref name="T"/> for each model; a model compares by value in all its parts
    /// and says everything that is drawn beside the reader's words. Short: what is long is drawn each time.</summary>
    public Task<IReadOnlyList<MarkupString>> Draw<T>(IReadOnlyList<object> models) where T : IComponent => memo.Draw<T>(models, words, services);

    /// <inheritdoc cref="Draw{T}(IReadOnlyList{object})"/>
    public async Task<MarkupString> Draw<T>(object model) where T : IComponent => (await Draw<T>([model]))[0];
}

/// <summary>Pieces of a page that another module draws.</summary>
public static class Section
{
    /// <summary>Component <typeparamref name="T"/> with its one <c>Model</c> parameter, drawn with the page.</summary>
    public static RenderFragment Of<T>(object model) where T : IComponent => builder =>
    {
        builder.OpenComponent<T>(0);
        builder.AddComponentParameter(1, "Model", model);
        builder.CloseComponent();
    };

    /// <summary>The same, drawn now or kept from before.</summary>
    public static async Task<RenderFragment> Fragment<T>(this Kept kept, object model) where T : IComponent
    {
        var markup = await kept.Draw<T>(model);
        return builder => builder.AddContent(0, markup);
    }
}
