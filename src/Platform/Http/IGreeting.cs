namespace Stipend.Platform.Http;

/// <summary>A line or two a module prints for the operator when the site has started, such as the setup link.</summary>
public interface IGreeting
{
    Task Greet(TextWriter output, CancellationToken ct);
}
