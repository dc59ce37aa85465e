using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Stipend.TestGateway;

/// <summary>
/// The page where the payer of a card that asks confirms or refuses one payment, and is sent back to where they came from.
/// </summary>
public static class ConfirmPages
{
    private const string Css = """
        :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
        body { display: grid; place-items: center; min-height: 100vh; margin: 0; padding: 1rem; box-sizing: border-box;
               background: light-dark(#f3f4f7, #16171b); color: light-dark(#1c1d21, #ececf1); }
        main { width: min(24rem, 100%); padding: 2rem; border-radius: 1rem;
               background: light-dark(#fff, #222429); box-shadow: 0 .5rem 2rem #0003; }
        small { text-transform: uppercase; letter-spacing: .08em; opacity: .7; } h1 { font-size: 2rem; margin: .25rem 0 1rem; }
        form { display: grid; gap: .75rem; margin-top: 1.5rem; }
        button { font: inherit; padding: .75rem; border-radius: .6rem; border: 1px solid light-dark(#8b8d98, #70727c);
                 background: none; color: inherit; cursor: pointer; }
        button[value=confirm] { background: #2f5bd8; border-color: #2f5bd8; color: #fff; font-weight: 600; }
        """;

    /// <summary>Maps <c>/confirm/{intent}</c>; the caller may prefix the group and say who may visit it.</summary>
    public static IEndpointConventionBuilder MapTestGatewayPages(this IEndpointRouteBuilder app, Func<HttpContext, TestGatewayCore> core,
        string prefix = "")
    {
        var group = app.MapGroup(prefix);
        group.MapGet("/confirm.css", () => Results.Text(Css, "text/css"));
        group.MapGet("/confirm/{id}", (HttpContext context, string id) =>
            Show(core(context), id, context.Request.Query["key"].ToString(), prefix));
        group.MapPost("/confirm/{id}", async (HttpContext context, string id) =>
        {
            var form = await Form(context.Request, context.RequestAborted);
            return Decide(core(context), id, form["key"].ToString(), form["decision"].ToString(), prefix);
        });
        return group;
    }

    /// <summary>The form sent, or an empty one when it is none that can be read.</summary>
    private static async Task<IFormCollection> Form(HttpRequest request, CancellationToken ct)
    {
        if (!request.HasFormContentType) return FormCollection.Empty;
        try
        {
            return await request.ReadFormAsync(ct);
        }
        catch (InvalidDataException)
        {
            return FormCollection.Empty;
        }
    }

    private static IResult Show(TestGatewayCore core, string id, string key, string prefix)
    {
        if (!MayOpen(core, id, key)) return Nothing(prefix);
        var intent = core.Intents.Find(id);
        var amount = WebUtility.HtmlEncode(Fees.Text(intent.Long("amount"), intent.Text("currency")));
        if (intent.Text("status") != "requires_action") return Done(intent, prefix);
        return Html("Confirm a payment", $"""
            <small>Test gateway</small>
            <h1>{amount}</h1>
            <p>This card asks its owner before it pays. No real money moves.</p>
            <form method="post">
              <input type="hidden" name="key" value="{WebUtility.HtmlEncode(key)}">
              <button name="decision" value="confirm">Confirm {amount}</button>
              <button name="decision" value="refuse">Refuse</button>
            </form>
            """, prefix);
    }

    private static IResult Decide(TestGatewayCore core, string id, string key, string decision, string prefix)
    {
        if (!MayOpen(core, id, key)) return Nothing(prefix);
        if (decision is not ("confirm" or "refuse"))
            return Html("Choose", "<h1>Choose one</h1><p>Go back and choose Confirm or Refuse.</p>", prefix, 400);
        var intent = core.Intents.Decide(id, decision == "confirm");
        return intent.TextOrNull("return_url") is { } back
            ? new SeeOther(back + (back.Contains('?', StringComparison.Ordinal) ? '&' : '?') + "payment_intent=" + id)
            : Done(intent, prefix);
    }

    private static IResult Done(Row intent, string prefix)
    {
        var (title, text) = intent.Text("status") switch
        {
            "succeeded" => ("Paid", "The payment is confirmed."),
            "canceled" => ("Canceled", "The payment was canceled before it was confirmed."),
            _ => ("Not paid", "The payment was refused. Nothing was taken."),
        };
        var back = intent.TextOrNull("return_url") is { } url && (url.StartsWith('/') || url.StartsWith("http", StringComparison.Ordinal))
            ? $"""<p><a href="{WebUtility.HtmlEncode(url)}">Go back</a></p>"""
            : "<p>You can close this page.</p>";
        return Html(title, $"<small>Test gateway</small><h1>{title}</h1><p>{text}</p>{back}", prefix);
    }

    private static IResult Nothing(string prefix) =>
        Html("Not found", "<h1>No such payment</h1><p>Go back to the page that sent you here and try again.</p>", prefix, 404);

    private static bool MayOpen(TestGatewayCore core, string id, string key)
    {
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(core.Intents.PageKey(id))))
            return false;
        try
        {
            _ = core.Intents.Find(id);
            return true;
        }
        catch (CallRefused)
        {
            return false;
        }
    }

    private static IResult Html(string title, string body, string prefix, int status = 200) => Results.Text($"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{title} – test gateway</title><link rel="stylesheet" href="{prefix}/confirm.css"></head>
        <body><main>{body}</main></body></html>
        """, "text/html; charset=utf-8", statusCode: status);

    private sealed class SeeOther(string location) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = location;
            return Task.CompletedTask;
        }
    }
}
