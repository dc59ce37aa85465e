using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Stipend.Platform.Http;

namespace Stipend.Support;

/// <summary>Gives every request a sender's address and a viewer, for tests of what lies below sign-in.</summary>
public sealed class RequestsFrom(IPAddress? address, Viewer? viewer) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, following) =>
        {
            context.Connection.RemoteIpAddress = address;
            if (viewer is not null) context.SetViewer(viewer);
            return following(context);
        });
        next(app);
    };
}
