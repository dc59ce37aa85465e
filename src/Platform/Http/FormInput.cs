using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Stipend.Platform.Http;

/// <summary>What a form showed and what was wrong with it, for drawing it again. An empty one draws a fresh form.</summary>
public sealed record FormState(IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, string> Errors, string? Message)
{
    public static FormState Empty { get; } = new(new Dictionary<string, string>(), new Dictionary<string, string>(), null);

    /// <summary>A fresh form with values filled in.</summary>
    public static FormState With(params (string Name, object? Value)[] values) =>
        new(values.Where(v => v.Value is not null)
            .ToDictionary(v => v.Name, v => Convert.ToString(v.Value, CultureInfo.InvariantCulture) ?? ""), Empty.Errors, null);

    /// <summary>The same with more values filled in.</summary>
    public FormState And(IEnumerable<(string Name, string Value)> more) =>
        this with { Values = Values.Concat(more.Select(m => KeyValuePair.Create(m.Name, m.Value))).ToDictionary() };

    public string Value(string name) => Values.GetValueOrDefault(name, "");
    public string? Error(string name) => Errors.GetValueOrDefault(name);
    public bool HasErrors => Message is not null || Errors.Count > 0;
}

/// <summary>Reads a posted form field by field, collecting one message per wrong field; <see cref="Check"/> refuses with all of them at
/// once.</summary>
public sealed class FormInput(IFormCollection form)
{
    private readonly Dictionary<string, string> _errors = [];

    public IFormFileCollection Files => form.Files;

    /// <summary>Reads the form of a request.</summary>
    /// <exception cref="Refusal">The body is not a form, or is larger than allowed.</exception>
    public static async Task<FormInput> Read(HttpContext context, CancellationToken ct = default)
    {
        if (!context.Request.HasFormContentType) throw new Refusal(415, "not_a_form", "Send this as a form.");
        try
        {
            return new FormInput(await context.Request.ReadFormAsync(ct));
        }
        catch (InvalidDataException error) when (error.Message.Contains("limit", StringComparison.Ordinal)) // the server's own, of 4 MB a field
        {
            throw new Refusal(413, "too_large", "What you sent is far longer than this form takes. Go back, make it shorter and send it again.");
        }
        catch (InvalidDataException)
        {
            throw new Refusal(400, "form_unreadable", "The form could not be read; nothing was changed. Go back and send it again.");
        }
    }

    /// <summary>
    /// Handles a posted form: reads it, calls <paramref name="handle"/>; a refusal that belongs to the form (409, 422, 429) draws it again
    /// through
    /// <paramref name="again"/> with what was typed and what was wrong.
    /// </summary>
    public static async Task<IResult> Submit(HttpContext context, Func<FormInput, Task<IResult>> handle,
        Func<FormState, Task<IResult>> again)
    {
        var input = await Read(context, context.RequestAborted);
        try
        {
            return await handle(input);
        }
        catch (Refusal refusal) when (refusal.Status is 409 or 422 or 429)
        {
            var result = await again(new FormState(input.Values(), refusal.Fields, refusal.Message));
            if (result is PageResult page) page.StatusCode = refusal.Status;
            return result;
        }
    }

    /// <summary>The trimmed text of a field, or "" when absent.</summary>
    public string Raw(string name) => form[name].ToString().Trim();

    /// <summary>A field exactly as sent, for passwords.</summary>
    public string Verbatim(string name) => form[name].ToString();

    public bool Has(string name) => Raw(name).Length > 0;

    /// <summary>Whether the field was sent at all, perhaps empty.</summary>
    public bool IsSent(string name) => form.ContainsKey(name);

    /// <summary>Every value of a repeated field.</summary>
    public IReadOnlyList<string> All(string name) => form[name].OfType<string>().Where(v => v.Length > 0).ToList();

    public string Required(string name, int maxLength = 200)
    {
        var value = Text(name, maxLength);
        if (value.Length == 0) Wrong(name, "This is needed.");
        return value;
    }

    public string Text(string name, int maxLength = 200)
    {
        var value = Raw(name).ReplaceLineEndings("\n");
        if (value.Length > maxLength) Wrong(name, $"At most {maxLength:N0} characters; this has {value.Length:N0}.");
        return value;
    }

    public bool Ticked(string name) => Raw(name) is "on" or "true" or "1";

    public int? Integer(string name, int min = int.MinValue, int max = int.MaxValue)
    {
        if (!Has(name)) return null;
        if (int.TryParse(Raw(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) && value >= min
            && value <= max) return value;
        Wrong(name, $"A whole number from {min} to {max}.");
        return null;
    }

    public long? Id(string name) => long.TryParse(Raw(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>An amount typed in major units; null (with a message) when wrong or absent.</summary>
    public Money? Amount(string name, Currency currency, bool required = true)
    {
        if (!Has(name))
        {
            if (required) Wrong(name, "An amount is needed.");
            return null;
        }
        try
        {
            return Money.Parse(Raw(name), currency);
        }
        catch (Refusal refusal)
        {
            Wrong(name, refusal.Message);
            return null;
        }
    }

    /// <summary>One of an enum's values, posted as its snake_case text.</summary>
    public T? Choice<T>(string name) where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
            if (Data.Columns.Of(value) == Raw(name)) return value;
        Wrong(name, "Choose one of the options.");
        return null;
    }

    /// <summary>Notes what is wrong with a field; the first message per field stays.</summary>
    public void Wrong(string name, string message) => _errors.TryAdd(name, message);

    /// <exception cref="Refusal">A field was wrong.</exception>
    public void Check()
    {
        if (_errors.Count > 0)
            throw new Refusal(422, "invalid_form", _errors.Count == 1 ? _errors.Values.Single() : "Some fields need another look.",
                _errors);
    }

    private Dictionary<string, string> Values() => form.Keys.Where(k => !k.Contains("password", StringComparison.OrdinalIgnoreCase))
        .ToDictionary(k => k, k => form[k].ToString());
}
