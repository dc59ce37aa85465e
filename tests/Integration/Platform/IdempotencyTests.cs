using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Platform;

public sealed class IdempotencyTests
{
    internal sealed record Note(string Name, bool Fails = false); // the endpoint generator writes code that names it

    [Theory, OnEveryEngine]
    public async Task The_same_call_twice_has_one_effect_and_one_answer(Engine engine)
    {
        await using var app = await Start(engine);
        var first = await Send(app, "k1", """{"name":"a"}""");
        var second = await Send(app, "k1", """{"name":"a"}""");
        first.Status.ShouldBe(201);
        second.ShouldBe(first with { Replayed = true });
        (await Rows(app)).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task Another_body_under_the_same_key_is_refused_and_does_nothing(Engine engine)
    {
        await using var app = await Start(engine);
        await Send(app, "k1", """{"name":"a"}""");
        var other = await Send(app, "k1", """{"name":"b"}""");
        other.Status.ShouldBe(422);
        other.Body.ShouldContain("idempotency_key_reused");
        (await Rows(app)).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task A_failed_attempt_leaves_neither_effect_nor_key(Engine engine)
    {
        await using var app = await Start(engine);
        (await Send(app, "k1", """{"name":"a","fails":true}""")).Status.ShouldBe(409);
        (await Rows(app)).ShouldBe(0);
        (await Send(app, "k1", """{"name":"a"}""")).Status.ShouldBe(201);
        (await Rows(app)).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task An_answer_that_is_an_error_leaves_neither_effect_nor_key(Engine engine)
    {
        await using var app = await Start(engine);
        (await Send(app, "k1", """{"name":"a"}""", path: "/test/answers-400")).Status.ShouldBe(400);
        (await Rows(app)).ShouldBe(0);
        (await Send(app, "k1", """{"name":"a"}""")).Status.ShouldBe(201);
    }

    [Theory, OnEveryEngine]
    public async Task Many_at_once_with_one_key_have_one_effect(Engine engine)
    {
        await using var app = await Start(engine);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Send(app, "k1", """{"name":"a"}""")));
        answers.ShouldAllBe(a => a.Status == 201 && a.Body == answers[0].Body);
        answers.Count(a => !a.Replayed).ShouldBe(1);
        (await Rows(app)).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task Keys_of_different_people_and_calls_without_one_do_not_meet(Engine engine)
    {
        await using var app = await Start(engine);
        await app.In(s => s.GetRequiredService<Db>().Execute(
            "INSERT INTO idempotency (owner, key, request_hash, status, body, created_at) VALUES ('person:6', 'k1', 'x', 200, @body, 0)",
                default, ("body", Array.Empty<byte>())));
        (await Send(app, "k1", """{"name":"a"}""")).Status.ShouldBe(201);
        (await Send(app, null, """{"name":"b"}""")).Status.ShouldBe(201);
        (await Send(app, null, """{"name":"c"}""")).Status.ShouldBe(201);
        (await Rows(app)).ShouldBe(3);
    }

    [Theory, OnEveryEngine]
    public async Task Old_keys_are_forgotten(Engine engine)
    {
        await using var app = await Start(engine);
        await Send(app, "k1", """{"name":"a"}""");
        app.Time.Advance(Upkeep.AnswersKept + Duration.FromMinutes(1));
        await app.In(s => s.GetRequiredService<Upkeep>().Run(default));
        (await Send(app, "k1", """{"name":"other"}""")).Status.ShouldBe(201);
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("käse")]
    public async Task A_key_that_is_none_is_refused(string key)
    {
        await using var app = await Start(Engine.Sqlite);
        (await Send(app, key, """{"name":"a"}""")).Status.ShouldBe(422);
        (await Rows(app)).ShouldBe(0);
    }

    private static Task<TestApp> Start(Engine engine) => TestApp.Start(engine,
        adjust: b => b.Services.AddSingleton<IStartupFilter>(new RequestsFrom(null, new Viewer(5, "Lin", false))),
        map: routes =>
        {
            routes.MapPost("/test/notes", async (Note note, Db db, Ids ids) =>
            {
                var id = ids.Next();
                await db.Execute("INSERT INTO setting (name, value) VALUES (@name, @value)", default, ("name", $"note {id}"),
                    ("value", note.Name));
                if (note.Fails) throw Refusal.Conflict("no", "Not this time.");
                return Results.Created($"/test/notes/{id}", new { id, name = note.Name });
            }).AllowAnyone().WithIdempotency();
            routes.MapPost("/test/answers-400", async (Note note, Db db) =>
            {
                await db.Execute("INSERT INTO setting (name, value) VALUES ('note x', 'x')");
                return Results.BadRequest(note.Name);
            }).AllowAnyone().WithIdempotency();
        });

    private sealed record Answer(int Status, string Body, string? Location, bool Replayed);

    private static async Task<Answer> Send(TestApp app, string? key, string json, string path = "/test/notes")
    {
        using var client = app.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post,
            path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json");
        if (key is not null) request.Headers.TryAddWithoutValidation(Idempotency.KeyHeader, key);
        using var response = await client.SendAsync(request);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.Location?.ToString(),
            response.Headers.Contains(Idempotency.ReplayHeader));
    }

    private static Task<int> Rows(TestApp app) => app.In(async services =>
    {
        await using var command = await services.GetRequiredService<Db>().Command("SELECT COUNT(*) FROM setting WHERE name LIKE 'note %'");
        return (int)(long)(await command.ExecuteScalarAsync())!;
    });
}
