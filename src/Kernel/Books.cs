namespace Stipend.Kernel;

/// <summary>
/// A set of books: money, memberships and grants that belong together and share one clock. Book 1 is the real one; every sandbox
/// campaign has its own, with its own clock, and erasing it cannot touch the real one.
/// </summary>
public static class Book
{
    /// <summary>The real books.</summary>
    public const long Live = 1;
}
