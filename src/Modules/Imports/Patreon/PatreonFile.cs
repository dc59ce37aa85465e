using System.Globalization;
using System.Text;
using NodaTime.Text;
using Stipend.Accounts.Contracts;

namespace Stipend.Imports.Patreon;

/// <summary>
/// Reads a members export row by row in constant memory, by the names of its columns, whatever their order: the layouts of 2021, 2023 and
/// 2026 differ. Cells are text; one that looks like a formula stays what it is.
/// </summary>
internal sealed class PatreonFile : IDisposable
{
    private static readonly string[] s_needed = ["Email", "Patron Status", "Lifetime Amount", "Pledge Amount", "Tier", "Currency"];

    private static readonly LocalDateTimePattern[] s_moments =
    [
        LocalDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd HH':'mm':'ss;FFFFFFFFF"),
        LocalDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd'T'HH':'mm':'ss;FFFFFFFFF"),
        LocalDateTimePattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd"),
    ];

    private readonly StreamReader _reader;
    private readonly CsvRecords _records;
    private readonly Dictionary<string, int> _columns;
    private readonly int _width;

    private PatreonFile(string path)
    {
        _reader = new StreamReader(path, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);
        _records = new CsvRecords(_reader);
        if (!Next()) throw Refusal.Invalid("file_empty",
            "The file is empty. Export your members again (Relationship manager, “Export CSV”) and give that file.");
        _width = _records.Cells.Count;
        _columns = Columns(_records.Cells);
    }

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="Refusal"><c>file_unreadable</c>, <c>file_empty</c>, <c>wrong_separator</c>, <c>missing_column</c>.</exception>
    public static PatreonFile Open(string path)
    {
        try
        {
            return new PatreonFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refusal.Invalid("file_unreadable",
                $"The file “{Path.GetFileName(path)}” cannot be read. Check its name and that you may read it.");
        }
    }

    /// <summary>Every data row, in order. A row that cannot be read is answered too, with the reason.</summary>
    /// <exception cref="Refusal"><c>file_unreadable</c>: not UTF-8, or a quotation mark that never closes.</exception>
    public IEnumerable<PatreonRow> Rows()
    {
        for (var rowNo = 0L; Next();)
        {
            if (_records.Cells is [{ Length: 0 }]) continue; // an empty line
            yield return Read(++rowNo, _records.Line);
        }
    }

    public void Dispose() => _reader.Dispose();

    private bool Next()
    {
        try
        {
            return _records.Read();
        }
        catch (DecoderFallbackException)
        {
            throw Refusal.Invalid("file_unreadable",
                "The file is not UTF-8 text. Give the file as it was exported, not saved again by a spreadsheet.");
        }
    }

    private static Dictionary<string, int> Columns(List<string> header)
    {
        var columns = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < header.Count; i++) columns.TryAdd(header[i].Trim(), i);
        if (header.Count == 1 && header[0].Split(';', '\t').Length > 5)
            throw Refusal.Invalid("wrong_separator",
                $"The file's cells are separated by {(header[0].Contains(';') ? "semicolons" : "tabs")}, not commas. "
                + "Give the file as it was exported, or save it as comma-separated CSV.");
        var missing = s_needed.Where(name => !columns.ContainsKey(name)).ToList();
        return missing.Count == 0 ? columns : throw Refusal.Invalid("missing_column", missing.Count == 1
            ? $"The file has no column “{missing[0]}”. Export your members again with all columns and give that file."
            : $"The file has no columns {string.Join(", ", missing.Select(m => $"“{m}”"))}. "
                + "Export your members again with all columns and give that file.");
    }

    private PatreonRow Read(long rowNo, long line)
    {
        if (_records.IsBad) return new PatreonRow(rowNo, line, "Something follows a closing quotation mark.");
        if (_records.Cells.Count != _width)
            return new PatreonRow(rowNo, line, _records.LastLine > line
                ? $"It has {_records.Cells.Count} cells, the header has {_width}; it reaches to line {_records.LastLine}, "
                    + "so a quotation mark may not be closed."
                : $"It has {_records.Cells.Count} cells, the header has {_width}.");
        if (_records.Cells.Exists(c => c.Contains('\0', StringComparison.Ordinal)))
            return new PatreonRow(rowNo, line, "It has a character (NUL) that no text has and no database keeps.");
        try
        {
            return Meaning(rowNo, line);
        }
        catch (Refusal refusal)
        {
            return new PatreonRow(rowNo, line, refusal.Message) { CurrencyCode = Cell("Currency").ToUpperInvariant() };
        }
    }

    private PatreonRow Meaning(long rowNo, long line)
    {
        var email = EmailAddress.Normalise(Cell("Email"));
        if (!EmailAddress.IsValid(email)) throw Broken(email.Length == 0 ? "It has no address." : $"“{email}” is not a mail address.");
        var status = Cell("Patron Status").ToLowerInvariant() switch
        {
            "active patron" => PatronStatus.Active,
            "declined patron" => PatronStatus.Declined,
            "former patron" => PatronStatus.Former,
            "" => PatronStatus.Free,
            _ => throw Broken($"The status “{Cell("Patron Status")}” is not known."),
        };
        var code = Cell("Currency");
        if (!Currency.TryOf(code, out var currency)) throw Broken($"The currency “{code}” is not known.");
        return new PatreonRow(rowNo, line, null)
        {
            Name = Cell("Name"), Email = email, Status = status, Tier = Cell("Tier"), CurrencyCode = currency.Code,
            UserId = Cell("User ID"),
            PledgeMinor = Amount("Pledge Amount", currency), LifetimeMinor = Amount("Lifetime Amount", currency),
            MaxPosts = int.TryParse(Cell("Max Posts"), NumberStyles.None, CultureInfo.InvariantCulture, out var posts) && posts > 0 ? posts
            : null,
            IsAnnual = Cell("Charge Frequency").StartsWith("annual", StringComparison.OrdinalIgnoreCase),
            Since = Moment("Patronage Since Date"), AccessExpiration = Moment("Access Expiration"), NextCharge = Moment("Next Charge Date"),
            LastCharge = Moment("Last Charge Date"),
        };
    }

    private string Cell(string column) => _columns.TryGetValue(column, out var index) ? _records.Cells[index].Trim() : "";

    /// <summary>“1,234.50” with or without its thousands, never through a floating-point number.</summary>
    private long Amount(string column, Currency currency)
    {
        var text = Cell(column);
        if (text.Length == 0) return 0;
        try
        {
            return Money.Parse(text.Contains(',') && text.Contains('.') ? text.Replace(",", "") : text, currency).Minor;
        }
        catch (Refusal)
        {
            throw Broken($"“{text}” in {column} is not an amount of {currency}.");
        }
    }

    /// <summary>Moments in the file are UTC.</summary>
    private Instant? Moment(string column)
    {
        var text = Cell(column);
        if (text.Length == 0) return null;
        foreach (var pattern in s_moments)
            if (pattern.Parse(text) is { Success: true, Value.Year: >= 1970 and <= 2999 } parsed)
                return Instant.FromUnixTimeMilliseconds(parsed.Value.InUtc().ToInstant().ToUnixTimeMilliseconds());
        throw Broken($"“{text}” in {column} is not a date.");
    }

    private static Refusal Broken(string message) => Refusal.Invalid("broken_row", message);
}
