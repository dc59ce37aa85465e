using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Stipend.Platform.Http;

/// <summary>Who may call an endpoint at all. What they may do to which row is decided in the WHERE.</summary>
public enum Access { Anyone, SignedIn, Operator }

/// <summary>The declared access of an endpoint.</summary>
public sealed record AccessRule(Access Access);

/// <summary>Declares an endpoint's access; an endpoint without it is closed.</summary>
public static class AccessRules
{
    /// <summary>Open to everybody. A page that can be read can be asked for by HEAD too: whoever watches whether a site is up does that. The API's
    /// methods are those its contract names.</summary>
    public static T AllowAnyone<T>(this T endpoint) where T : IEndpointConventionBuilder
    {
        endpoint.Add(builder =>
        {
            if (builder is RouteEndpointBuilder { RoutePattern.RawText: { } route } && route.StartsWith("/api/", StringComparison.Ordinal)) return;
            for (var i = 0; i < builder.Metadata.Count; i++)
                if (builder.Metadata[i] is HttpMethodMetadata { HttpMethods: ["GET"] })
                    builder.Metadata[i] = new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]);
        });
        return endpoint.WithMetadata(new AccessRule(Access.Anyone));
    }

    public static T RequireSignIn<T>(this T endpoint) where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new AccessRule(Access.SignedIn));
    public static T RequireOperator<T>(this T endpoint) where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new AccessRule(Access.Operator));

    /// <summary>After routing and sign-in, before the endpoint: deny by default.</summary>
    public static IApplicationBuilder UseAccessRules(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.GetEndpoint() is not RouteEndpoint endpoint) return next(context); // none, or routing's own answer to a wrong method or content type
        var viewer = context.Viewer();
        return endpoint.Metadata.GetMetadata<AccessRule>()?.Access switch
        {
            Access.Anyone => next(context),
            Access.SignedIn when viewer is not null => next(context),
            Access.Operator when viewer is { IsOperator: true } => next(context),
            Access.Operator when viewer is not null => throw Refusal.NotFound("page"), // an operator's pages do not exist for others
            Access.SignedIn or Access.Operator => throw Refusal.SignInFirst(),
            _ => throw new InvalidOperationException($"The endpoint {endpoint.DisplayName} does not declare who may call it."),
        };
    });
}
