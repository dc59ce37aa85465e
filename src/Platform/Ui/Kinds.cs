namespace Stipend.Platform.Ui;

/// <summary>What a message, badge or figure means to the reader.</summary>
public enum Tone { Neutral, Info, Success, Warning, Danger, Accent }

/// <summary>How loud a button is. One primary per view.</summary>
public enum Loudness { Primary, Secondary, Quiet, Danger }

/// <summary>How wide the page's main column is: a form, a text, a list, a dashboard.</summary>
public enum Width { Narrow, Reading, Normal, Wide, Full }

/// <summary>One choice of a select, radio or check list.</summary>
public sealed record Option(string Value, string Label, string? Hint = null, bool Disabled = false);

/// <summary>One tab: a link. Exactly one is current.</summary>
public sealed record Tab(string Label, string Href, bool Current = false, long? Count = null)
{
    /// <summary>It stands for several pages, one of which is shown; their own tabs are below.</summary>
    public bool IsAbove { get; init; }
}

/// <summary>One step back up: label and address.</summary>
public sealed record Crumb(string Label, string Href);

/// <summary>One item of a checklist.</summary>
public sealed record Step(string Title, bool Done, string? Href = null, string? Hint = null);
