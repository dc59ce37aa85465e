namespace Stipend.Platform.Time;

/// <summary>A module that keeps rows of a book and erases them when a sandbox is emptied. Called inside one transaction, never for the real
/// books.</summary>
public interface IErasesBook
{
    /// <summary>Order of erasing; higher first, so that what refers goes before what is referred to.</summary>
    int Order => 0;

    Task Erase(long bookId, CancellationToken ct);
}
