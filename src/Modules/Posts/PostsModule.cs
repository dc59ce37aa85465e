using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Stipend.Posts;

/// <summary>The front door of Posts.</summary>
public static class PostsModule
{
    public static IServiceCollection AddPosts(this IServiceCollection services) => services;

    public static IEndpointRouteBuilder MapPosts(this IEndpointRouteBuilder app) => app;
}
