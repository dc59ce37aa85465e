using System.Text;

namespace Stipend.Imports.Patreon;

/// <summary>Reads comma-separated records (RFC 4180) one by one: quotes with commas and newlines, any line ending, each record with its
/// first line.</summary>
internal sealed class CsvRecords(TextReader reader)
{
    private const int LargestCell = 100_000;
    private readonly char[] _buffer = new char[32_768];
    private readonly StringBuilder _cell = new();
    private int _at, _filled;
    private long _nextLine = 1;

    /// <summary>The cells of the present record.</summary>
    public List<string> Cells { get; } = [];

    /// <summary>First and last line of the present record in the file, from 1.</summary>
    public long Line { get; private set; }
    public long LastLine { get; private set; }

    /// <summary>Something follows a closing quotation mark that may not.</summary>
    public bool IsBad { get; private set; }

    /// <summary>Reads the next record; false at the end.</summary>
    /// <exception cref="Refusal"><c>file_unreadable</c>: a quotation mark never closes.</exception>
    public bool Read()
    {
        Cells.Clear();
        IsBad = false;
        Line = _nextLine;
        if (Peek() < 0) return false;
        do
        {
            _cell.Clear();
            if (Peek() == '"') Quoted();
            Plain();
            Cells.Add(_cell.ToString());
        }
        while (Take(','));
        LastLine = _nextLine;
        EndOfLine();
        return true;
    }

    private void Quoted()
    {
        Next();
        for (; ; )
        {
            var c = Next();
            if (c < 0 || _cell.Length > LargestCell)
                throw Refusal.Invalid("file_unreadable",
                    $"From line {Line} on a quotation mark never closes. Mend that line, or export the file again.");
            if (c == '"' && !Take('"')) break;
            if (c == '\n') _nextLine++;
            _cell.Append((char)c);
        }
        IsBad |= Peek() is not (-1 or ',' or '\r' or '\n');
    }

    private void Plain()
    {
        for (var c = Peek(); c is not (-1 or ',' or '\r' or '\n'); c = Peek())
        {
            _cell.Append((char)Next());
            if (_cell.Length > LargestCell) throw Refusal.Invalid("file_unreadable",
                $"Line {Line} is far too long for a members export. Give the file as it was exported.");
        }
    }

    private void EndOfLine()
    {
        if (Take('\r') | Take('\n')) _nextLine++;
    }

    private bool Take(char wanted)
    {
        if (Peek() != wanted) return false;
        _at++;
        return true;
    }

    private int Next()
    {
        var c = Peek();
        if (c >= 0) _at++;
        return c;
    }

    private int Peek()
    {
        if (_at < _filled) return _buffer[_at];
        (_at, _filled) = (0, reader.Read(_buffer, 0, _buffer.Length));
        return _filled == 0 ? -1 : _buffer[0];
    }
}
