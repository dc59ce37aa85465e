using System.Globalization;

namespace Stipend.Support.Full;

public sealed partial class FullSite
{
    /// <summary>The published post with everything: text, tags, a poll, files, comments.</summary>
    public string Post { get; private set; } = "";

    private async Task Write()
    {
        await Must(Ada, "/ada-makes/collections/new", "main form", ("title", "Music"), ("description", Says("In their order")));
        await Must(Ada, "/ada-makes/collections/music/edit", "main form", ("title", Says("Music")), ("description", Says("In the order they happened")));
        var post = await Publish("/ada-makes", "public", ("title", Says("The otter swims")), ("teaser", Says("Without help")),
            ("markdown", Markdown(Tells)), ("tags", $"otters, {Says("b").Replace(',', ' ')}"),
            ("poll_question", Says("Which animal next?")), ("poll_options", $"{Says("A heron")}\n{Says("A mole")}"), ("by_mail", "true"));
        await Publish("/ada-makes", "members", ("title", Says("For members")), ("teaser", Says("Closed")), ("markdown", Tells("Hello")));
        var old = await Publish("/ada-makes", "public", ("title", Says("An old one")), ("markdown", "First."));
        await Must(Ada, $"/ada-makes/posts/{old}/edit", "form.composer", ("action", "publish"), ("markdown", Tells("Second")), ("title", Says("An old one")),
            ("teaser", Says("Anew")), ("tags", Says("c")), ("poll_question", Says("Well?")), ("poll_options", $"{Says("Yes")}\n{Says("No")}"));
        await Ada.Post("/ada-makes/posts/unsaved", ("slot", "7"), ("post", "0"), ("title", Says("Unsaved")), ("teaser", Says("Not yet")), ("markdown", Tells("Later")));
        var draft = (await Compose("/ada-makes", "save", "public", ("title", Says("A draft")), ("markdown", Tells("Herons stand")))).Location!.Split('/')[^2];
        foreach (var file in new[] { "Second movement.mp3", "The stage.png", "Score.pdf" }) await Attach(post, file);
        await Must(Ada, "/ada-makes/collections/music/edit", "form[action$='/posts']:has(select)", ("action", "add"), ("post", post));
        await Upload(Ada, "/ada-makes/collections/music/podcast", "form[enctype]", [], ("description", Says("What the boathouse hears")), ("author", Says("Ada Byron")),
            ("category", "Music"), ("language", "en"), ("type", "episodic"));
        await Must(Ada, "/ada-makes/collections/music/podcast", "form[action$='/episodes']", ("season", "1"), ("number", "2"));
        await Publish("/ada-sells", "members", ("title", Says("A shop opens")), ("markdown", Tells("Come in")));
        Post = (await Ada.Get($"/ada-makes/posts/{post}")).Location ?? $"/ada-makes/posts/{post}";
        (Addresses["posts/id"], Addresses["posts/post"], Addresses["collections/slug"], Addresses["tags/tag"]) = (post, Post.Split('/')[^1], "music", "otters");
        Addresses.Leads("/{vanity}/posts/{id:long}/revisions", $"/ada-makes/posts/{old}/revisions");
        Addresses.Leads("/{vanity}/posts/{id:long}/publish", $"/ada-makes/posts/{draft}/publish");
        Addresses.Leads("/{vanity}/search", "/ada-makes/search?q=" + Uri.EscapeDataString(Says("otter")));
        Addresses.Leads("/library/search", "/library/search?q=" + Uri.EscapeDataString(Says("otter")));
    }

    private Task<Page> Compose(string root, string action, string audience, params (string Name, object? Value)[] fields) =>
        Must(Ada, root + "/posts/new", "form.composer", [("action", action), ("audience", audience), .. fields]);

    private async Task<string> Publish(string root, string audience, params (string Name, object? Value)[] fields)
    {
        var answer = await Compose(root, "publish", audience, fields);
        return answer.Location!.Split('/')[^1].Split('-')[0];
    }

    private async Task Attach(string post, string name)
    {
        byte[] bytes = name.Split('.')[^1] switch { "mp3" => [.. "ID3"u8, .. new byte[9000]], "png" => s_picture, _ => [.. "%PDF-1.4 %%EOF"u8] };
        var file = new ByteArrayContent(bytes);
        file.Headers.ContentType = new("application/octet-stream");
        var typed = Uri.EscapeDataString(Says(Path.GetFileNameWithoutExtension(name)) + Path.GetExtension(name));
        file.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"file\"; filename=\"x\"; filename*=UTF-8''{typed}");
        using var body = new MultipartFormDataContent { file };
        using var answer = await Ada.Client.PostAsync($"/ada-makes/uploads/post/{post}", body);
        if ((int)answer.StatusCode is not (200 or 201 or 303))
            throw new InvalidOperationException($"{name}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>A text in every place of Markdown that takes one.</summary>
    private static string Markdown(Func<string, string> says) => $"""
        {says("A paragraph")}

        # {says("A heading")}

        - {says("A point")}

        > {says("Said by somebody")}

        | {says("part").Replace('|', ' ')} | of cork |
        |---|---|
        | seal | {says("leather").Replace('|', ' ')} |

        [{says("a link").Replace(']', ' ')}](https://example.org/{Uri.EscapeDataString(says("order"))})

        ```{says("code").Replace('`', ' ')}
        {says("written by a machine")}
        ```
        """;

    private async Task Join()
    {
        await Must(Lin, Addresses.Of("/{vanity}/join/{tierId:long}"), "main form", ("method", "card_pays"), ("button", "join"));
        await Must(Mo, $"/ada-sells/join/{_sold.Id}", "main form", ("method", "transfer"), ("button", "join"));
        await App.Drain();
        var transfer = await Id("SELECT charge_id FROM transfer_order");
        Addresses.Leads("/billing/transfers/{chargeId:long}", string.Create(CultureInfo.InvariantCulture, $"/billing/transfers/{transfer}"));
        await Ada.Post($"/ada-makes/backlog");
        var blocked = await SignUp("Bo Low", "bo@example.org");
        await blocked.Post("/ada-makes/join");
        await blocked.Post($"/comments/on/{Addresses.Value("posts/id")}", ("body", Tells("Rude words")));
        await Ada.Post($"/ada-makes/members/{blocked.Id}/block", ("reason", Says("Rude")));
        var gone = await SignUp("Jo Gone", "jo@example.org");
        await gone.Post("/ada-makes/join");
        await Must(gone, "/ada-makes/membership/cancel", "main form", ("reason", Says("Too dear")));
        await App.Drain();
    }

    private async Task Talk()
    {
        var post = Addresses.Value("posts/id");
        await Must(Lin, Post, $"form[action='/comments/on/{post}']", ("body", Tells("The ducks look unimpressed")));
        var thread = await Id($"SELECT MAX(id) FROM comment WHERE author_id = {Lin.Id}");
        Addresses["comments/id"] = $"{thread}";
        await Must(Ada, $"/comments/{thread}", "form#answer", ("body", Tells("They always do")));
        await Must(Mo, $"/comments/{thread}", $"form[action='/comments/{thread}/report']", ($"reason-{thread}", Says("Not about otters")));
        await Must(Lin, $"/comments/{thread}", $"form[action='/comments/{thread}/edit']", ($"body-{thread}", Tells("The ducks look away")));
        await Must(Ada, "/ada-makes/comments", "form[action$='/filter']", ("words", Tells("goose")));
        await Mo.Post($"/comments/on/{post}", ("body", Tells("goose") + " is held"));
        await Lin.Post($"/comments/on/{post}", ("body", ""));
        await Ada.Post($"/comments/{thread}/moderate", ("action", "appoint"));
        await Mo.Post($"/comments/{thread}/mute");
        await Lin.Post($"/posts/{post}/save", ("saved", "true"));
        await Lin.Post($"/posts/{post}/vote", ("option", "1"));
        await App.Drain();
    }
}
