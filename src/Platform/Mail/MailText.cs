namespace Stipend.Platform.Mail;

/// <summary>Texts on their way into a mail.</summary>
public static class MailText
{
    /// <summary>Text for a header: no control characters, so that nothing can start a header of its own.</summary>
    public static string OneLine(string text, int maxLength)
    {
        var line = string.Join(' ',
            new string(Array.ConvertAll(text.ToCharArray(), c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (line.Length <= maxLength) return line;
        return line[..(char.IsHighSurrogate(line[maxLength - 1]) ? maxLength - 1 : maxLength)];
    }
}
