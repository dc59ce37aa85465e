using Microsoft.AspNetCore.Components;

namespace Stipend.Platform.Ui;

/// <summary>
/// What every page and component inherits (by <c>_Imports.razor</c>): the reader's <see cref="L"/>. Pages draw a model; they load nothing.
/// </summary>
public abstract class StipendPage : ComponentBase
{
    /// <summary>Words, amounts and times for this reader.</summary>
    [Inject] public Localizer L { get; set; } = null!;

    /// <summary>Joins class names, leaving out empty ones.</summary>
    protected static string Classes(params ReadOnlySpan<string?> names)
    {
        var joined = "";
        foreach (var name in names)
            if (!string.IsNullOrEmpty(name)) joined = joined.Length == 0 ? name : joined + " " + name;
        return joined;
    }
}
