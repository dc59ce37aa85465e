using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stipend.Platform.Data;

namespace Stipend.Platform.Http;

/// <summary>Turns refusals into ProblemDetails for programs and a page for people, once for the whole site. Bugs become a 500 with a trace
/// id.</summary>
public static class Problems
{
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
            if (context.Response is { StatusCode: 404, HasStarted: false } && context.GetEndpoint() is null)
                await Answer(context, Refusal.NotFound("page"));
            else if (context.Response is { StatusCode: 405 or 415, HasStarted: false }
                && context.GetEndpoint() is not Microsoft.AspNetCore.Routing.RouteEndpoint)
                await AnswerWrongKind(context);
        }
        catch (Refusal refusal) when (!context.Response.HasStarted)
        {
            await Answer(context, refusal);
        }
        catch (BadHttpRequestException error) when (!context.Response.HasStarted)
        {
            await Answer(context, error.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? new Refusal(413, "too_large", "This is larger than the page takes. Send something smaller.")
                : new Refusal(error.StatusCode, "bad_request", "The request could not be read. Check its fields and size."));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the caller left
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            var log = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Stipend.Http");
            log.LogError(error, "{Method} {Route} failed", context.Request.Method,
                (context.GetEndpoint() as Microsoft.AspNetCore.Routing.RouteEndpoint)?.RoutePattern.RawText);
            await Answer(context, error.IsDiskTrouble
                ? new Refusal(507, "disk_full",
                    "The disk of this site is full or read-only, so nothing was saved. Free some space and try again.")
                : new Refusal(500, "server_error",
                    "Something broke on our side; nothing was changed. Tell the operator the number below if it happens again."));
        }
    });

    /// <summary>The address is right and the method or the content type is not.</summary>
    private static async Task AnswerWrongKind(HttpContext context)
    {
        var allow = context.Response.Headers.Allow;
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.Allow = allow;
            return Task.CompletedTask;
        });
        await Answer(context, context.Response.StatusCode == 405
            ? new Refusal(405, "method_not_allowed",
                "This address does not take that kind of request. Go back and use the button on the page.")
            : new Refusal(415, "wrong_content_type", "This address does not take that kind of content."));
    }

    private static async Task Answer(HttpContext context, Refusal refusal)
    {
        var trace = Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;
        context.Response.Clear();
        context.Response.StatusCode = refusal.Status;
        context.Response.Headers.CacheControl = "no-store";
        if (WantsJson(context.Request))
        {
            var problem = new ProblemDetails { Status = refusal.Status, Title = refusal.Message, Type = $"/problems/{refusal.Code}" };
            problem.Extensions["code"] = refusal.Code;
            problem.Extensions["trace"] = trace;
            if (refusal.Fields.Count > 0) problem.Extensions["fields"] = refusal.Fields;
            await context.Response.WriteAsJsonAsync(problem, options: null, contentType: "application/problem+json",
                context.RequestAborted);
            return;
        }
        if (refusal.Status == 401 && HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = "/sign-in?return="
                + Uri.EscapeDataString(context.Request.Path + context.Request.QueryString);
            return;
        }
        var view = new Ui.ProblemPage.View(refusal.Status, refusal.Message, refusal.Status >= 500 ? trace : null)
        {
            Back = HttpMethods.IsPost(context.Request.Method) ? CameFrom(context.Request) : null,
            Again = refusal.Status == 401 ? await context.RequestServices.GetRequiredService<LostForms>().Find(context.Request) : null,
        };
        await Pages.Show<Ui.ProblemPage>(view, refusal.Status).ExecuteAsync(context);
    }

    /// <summary>The page of this site whose form was sent; null when it is not told.</summary>
    private static string? CameFrom(HttpRequest request) =>
        Uri.TryCreate(request.Headers.Referer.ToString(), UriKind.Absolute, out var from) && from.Authority == request.Host.Value
            ? Pages.Local(from.PathAndQuery, "") is { Length: > 0 } path ? path : null : null;

    private static bool WantsJson(HttpRequest request) =>
        request.Path.StartsWithSegments("/api") || (request.Headers.Accept.ToString() is { Length: > 0 } accept
            && accept.Contains("json", StringComparison.OrdinalIgnoreCase) && !accept.Contains("html", StringComparison.OrdinalIgnoreCase));
}
