using Microsoft.AspNetCore.Http;

namespace Stipend.Platform.Http;

/// <summary>The signed-in person a request comes from, as far as every page needs to know.</summary>
public sealed record Viewer(long Id, string Name, bool IsOperator);

/// <summary>Reads and sets the viewer of a request; Accounts sets it from the session.</summary>
public static class ViewerAccess
{
    extension(HttpContext context)
    {
        /// <summary>Who asks, or null for a visitor.</summary>
        public Viewer? Viewer() => context.Features.Get<Viewer>();

        /// <summary>Who asks.</summary>
        /// <exception cref="Refusal">Nobody is signed in.</exception>
        public Viewer RequireViewer() => context.Features.Get<Viewer>() ?? throw Refusal.SignInFirst();

        public void SetViewer(Viewer viewer) => context.Features.Set(viewer);
    }
}
