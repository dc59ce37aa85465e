using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;

namespace Stipend.Support;

public sealed partial class TestApp
{
    /// <summary>A browser nobody is signed in with.</summary>
    public Actor Visitor() => new(this, "visitor", "", Client());

    /// <summary>Signs somebody up through the pages, by the mailed link: “ada” is ada@example.org.</summary>
    public async Task<Actor> SignUp(string name, string? email = null, string? password = null)
    {
        var actor = new Actor(this, name, email ?? $"{name.Replace(' ', '.')}@example.org", Client()) { Password = password };
        (await actor.Does("/sign-up", "main form[action='/sign-up']", ("name", name), ("email", actor.Email), ("password", password)))
            .ShouldBe("/sign-in/sent");
        await FollowLink(actor);
        return actor;
    }

    /// <summary>Signs several people up, in order.</summary>
    public async Task<Actor[]> People(params string[] names)
    {
        var actors = new List<Actor>();
        foreach (var name in names) actors.Add(await SignUp(name));
        return [.. actors];
    }

    /// <summary>Another browser of the same person, signed in by a mailed link.</summary>
    public async Task<Actor> OtherBrowser(Actor person)
    {
        var actor = new Actor(this, person.Name, person.Email, Client()) { Password = person.Password };
        await actor.Post("/sign-in/link", ("email", person.Email));
        await FollowLink(actor);
        return actor;
    }

    /// <summary>Makes the operator through the printed setup link.</summary>
    public async Task<Actor> Operator(string name = "Opal", string email = "opal@example.org")
    {
        var actor = new Actor(this, name, email, Client()) { Password = "seven quiet otters" };
        (await actor.Does(await SetupLink(), "main form", ("site", "Testland"), ("name", name), ("email", email),
            ("password", actor.Password))).ShouldBe("/");
        actor.Id = await PersonId(email);
        return actor;
    }

    /// <summary>The path of the setup link a start prints.</summary>
    public async Task<string> SetupLink()
    {
        using var output = new StringWriter();
        foreach (var greeting in Services.GetServices<IGreeting>()) await greeting.Greet(output, CancellationToken.None);
        return LinkIn(output.ToString(), "/setup/") ?? throw new InvalidOperationException("No setup link was printed.");
    }

    /// <summary>The text of the latest mail published for a person, sent or still waiting (nothing is run); null when there is
    /// none.</summary>
    public Task<string?> LastMailText(long personId) => In(async services =>
    {
        var db = services.GetRequiredService<Db>();
        var waiting = new List<SendMail>();
        await using (var command = await db.Command("SELECT payload FROM message WHERE topic = 'SendMail' AND status = 'pending' ORDER BY id"))
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync()) waiting.Add(JsonSerializer.Deserialize<SendMail>(reader.GetString(0), Json.Options)!);
        return waiting.LastOrDefault(m => m.PersonId == personId)?.Text
            ?? (await services.GetRequiredService<Mailbox>().List(personId, limit: 1)).SingleOrDefault()?.Text;
    });

    /// <summary>Opens the link of the latest mail to an actor and presses its button.</summary>
    public async Task FollowLink(Actor actor)
    {
        actor.Id = await PersonId(actor.Email);
        var link = LinkIn(await LastMailText(actor.Id), "/sign-in/link/")
            ?? throw new InvalidOperationException($"No link was mailed to {actor.Name}.");
        await actor.Does(link, "main form");
    }

    /// <summary>Asks for a sign-in link in somebody's name and answers its path.</summary>
    public async Task<string> SignInLink(Actor person)
    {
        await new Actor(this, person.Name, person.Email, Client()).Post("/sign-in/link", ("email", person.Email));
        return LinkIn(await LastMailText(person.Id), "/sign-in/link/")
            ?? throw new InvalidOperationException($"No link was mailed to {person.Name}.");
    }

    /// <summary>The path of a link in a text.</summary>
    public static string? LinkIn(string? text, string start) =>
        text is not null && Regex.Match(text, $"https?://[^/\\s]+({Regex.Escape(start)}\\S+)") is { Success: true } match
            ? match.Groups[1].Value : null;

    private Task<long> PersonId(string email) => In(async services => (await services.GetRequiredService<IPeople>().FindByEmail(email))?.Id
        ?? throw new InvalidOperationException($"Nobody has the address {email}."));
}
