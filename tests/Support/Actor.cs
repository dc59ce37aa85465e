using System.Net.Http.Json;
using Shouldly;

namespace Stipend.Support;

/// <summary>Somebody with a browser: keeps cookies, follows no redirects, sends forms as the pages draw them. A visitor has id 0.</summary>
public sealed class Actor(TestApp app, string name, string email, HttpClient client)
{
    public TestApp App { get; } = app;
    public long Id { get; internal set; }
    public string Name { get; } = name;
    public string Email { get; } = email;

    /// <summary>Set for people who have one.</summary>
    public string? Password { get; internal set; }
    public HttpClient Client { get; } = client;

    /// <summary>Opens a page.</summary>
    public async Task<Page> Get(string path) => await Page.Of(await Client.GetAsync(path));

    /// <summary>Opens a page that must be there, following redirects.</summary>
    public async Task<Page> Open(string path)
    {
        for (var hops = 0; hops < 5; hops++)
        {
            var page = await Get(path);
            if ((int)page.Status is not (301 or 302 or 303 or 307)) return page.Status == System.Net.HttpStatusCode.OK ? page
                : throw new InvalidOperationException($"{path} answered {page.Status}:\n{page.Body}");
            path = page.Location!;
        }
        throw new InvalidOperationException($"{path} redirects in a circle.");
    }

    /// <summary>Posts fields to a path, as a form of this site would.</summary>
    public async Task<Page> Post(string path, params (string Name, object? Value)[] fields) =>
        await Page.Of(await Client.PostAsync(path, new FormUrlEncodedContent(fields.Where(f => f.Value is not null)
            .Select(f => KeyValuePair.Create(f.Name, Convert.ToString(f.Value, System.Globalization.CultureInfo.InvariantCulture)!)))));

    /// <summary>Posts JSON as a page's script would, naming its origin.</summary>
    public async Task<Page> PostJson(string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Origin", Client.BaseAddress!.GetLeftPart(UriPartial.Authority));
        request.Headers.Add("Accept", "application/json");
        return await Page.Of(await Client.SendAsync(request));
    }

    /// <summary>Fills in a form of a page and sends it: its own values, hidden ones included, with these over them.</summary>
    public Task<Page> Submit(Page page, string form, params (string Name, object? Value)[] fields)
    {
        var (action, values) = page.Form(form);
        foreach (var (name, value) in fields) values[name] = Convert.ToString(value,
            System.Globalization.CultureInfo.InvariantCulture) ?? "";
        if (action.Length == 0) action = page.Response.RequestMessage!.RequestUri!.PathAndQuery;
        return Post(action, [.. values.Select(v => (v.Key, (object?)v.Value))]);
    }

    /// <summary>Opens a page, fills in its form, sends it, and expects to be sent on; answers where to.</summary>
    public async Task<string> Does(string path, string form, params (string Name, object? Value)[] fields)
    {
        var answer = await Submit(await Open(path), form, fields);
        ((int)answer.Status).ShouldBe(303, answer.Text);
        return answer.Location!;
    }
}
