using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

public sealed class ScheduleTests
{
    [Theory, OnEveryEngine]
    public async Task A_scheduled_post_goes_out_at_its_time_once_and_midnight_of_the_first_is_the_new_month(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await stage.Composes("/ada-makes/posts/new", "publish", ("title", "New month"), ("markdown", "Hello"),
            ("publish_at", "2026-02-01T00:00"));
        var visitor = stage.App.Visitor();
        var post = await stage.Scalar<long>("SELECT id FROM post");
        await stage.App.TravelTo("2026-01-31T22:59:59Z");
        (await visitor.Get($"/ada-makes/posts/{post}")).Status.ShouldBe(HttpStatusCode.NotFound);
        await stage.App.TravelTo("2026-01-31T23:00:00Z"); // midnight in Berlin
        (await visitor.Open($"/ada-makes/posts/{post}")).Text.ShouldContain("Hello");
        var at = Instant.FromUnixTimeMilliseconds(await stage.Scalar<long>("SELECT published_at FROM post"));
        at.InZone(stage.Campaign.Zone).Date.ShouldBe(new LocalDate(2026, 2, 1));
        (await stage.Scalar<long>("SELECT seq FROM post")).ShouldBe(1);
        (await stage.Scalar<long>("SELECT last_seq FROM post_number")).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task Moved_withdrawn_or_deleted_it_does_not_go_out_at_the_old_time(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        foreach (var title in new[] { "Moved", "Withdrawn", "Deleted" })
            await stage.Composes("/ada-makes/posts/new", "publish", ("title", title), ("markdown", "Hello"),
                ("publish_at", "2026-02-01T09:00"));
        async Task<long> Id(string title) => await stage.Scalar<long>("SELECT id FROM post WHERE title = @title", ("title", title));
        var edit = await stage.Ada.Open($"/ada-makes/posts/{await Id("Moved")}/edit");
        ((int)(await stage.Ada.Submit(edit, "form.composer", ("publish_at", "2026-03-01T09:00"), ("action", "save"))).Status).ShouldBe(303);
        await stage.Ada.Post($"/ada-makes/posts/{await Id("Withdrawn")}/withdraw");
        await stage.Ada.Post($"/ada-makes/posts/{await Id("Deleted")}/delete");
        await stage.App.TravelTo("2026-02-15");
        (await stage.Scalar<long>("SELECT COUNT(*) FROM post WHERE state = 'published'")).ShouldBe(0);
        await stage.App.TravelTo("2026-03-02");
        (await stage.Scalar<string>("SELECT title FROM post WHERE state = 'published'")).ShouldBe("Moved");
    }

    [Theory, OnEveryEngine]
    public async Task In_a_sandbox_the_sandbox_clock_decides_and_erasing_it_keeps_the_posts(Engine engine)
    {
        await using var stage = await PostStage.Start(engine, sandbox: true);
        var at = stage.App.Time.Now + Duration.FromDays(40);
        await stage.Publishes("In the future", "Hello", at: at);
        await stage.Publishes("Far off", "Hello", at: at + Duration.FromDays(400));
        await stage.App.Drain();
        (await stage.Scalar<long>("SELECT COUNT(*) FROM post WHERE state = 'published'")).ShouldBe(0);
        await stage.App.Services.GetRequiredService<TimeTravel>().Advance(stage.Campaign.BookId, at + Duration.FromDays(1));
        (await stage.Scalar<string>("SELECT title FROM post WHERE state = 'published'")).ShouldBe("In the future");
        await stage.App.In(async s =>
        {
            await using var transaction = await s.GetRequiredService<Db>().BeginWrite();
            foreach (var eraser in s.GetServices<IErasesBook>().OrderByDescending(e => e.Order)) await eraser.Erase(stage.Campaign.BookId,
                default);
            await transaction.Commit();
        });
        (await stage.Count("post")).ShouldBe(2);
        (await stage.Scalar<string>("SELECT title FROM post WHERE state = 'draft'")).ShouldBe("Far off");
        Instant.FromUnixTimeMilliseconds(await stage.Scalar<long>("SELECT published_at FROM post WHERE state = 'published'"))
            .ShouldBeLessThanOrEqualTo(stage.App.Time.Now);
    }
}
