using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Posts;
using Stipend.Notifications.Contracts;
using Stipend.Notifications.Telling;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Notifications;

/// <summary>How long notifications are there: while their post is, and not for ever.</summary>
public sealed class KeepingTests
{
    [Theory, OnEveryEngine]
    public async Task What_is_told_goes_with_its_post_and_with_time_and_nobody_is_told_twice(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var (mia, bo) = (await stage.Member("mia", stage.Big), await stage.Member("bo", stage.Big));
        stage.App.Time.Advance(Duration.FromMinutes(1));
        var letter = await stage.Publishes("Letter", "x", Audience.Members);
        var gone = await stage.Publishes("Gone", "x", Audience.Members);
        var steps = await InSteps(stage, 200);
        await stage.App.Drain();
        await mia.Post($"/comments/on/{gone}", ("body", "Lovely"));
        await stage.App.Drain();
        (await Unread(mia), await Unread(stage.Ada)).ShouldBe((3, 1));

        // A post deleted takes everything told of it along, also of the comments under it; one withdrawn brings it back with itself, untold anew.
        var told = await stage.Scalar<long>("SELECT id FROM notification WHERE post_id = @gone AND person_id = @mia", ("gone", gone), ("mia", mia.Id));
        await stage.Ada.Post($"/ada-makes/posts/{gone}/delete");
        await stage.Ada.Post($"/ada-makes/posts/{letter}/withdraw");
        await stage.App.Drain();
        var page = await mia.Open("/notifications");
        page.Text.ShouldContain("“Steps”");
        page.Text.ShouldNotContain("“Gone”");
        page.Text.ShouldNotContain("“Letter”");
        (await Unread(mia), await Unread(stage.Ada)).ShouldBe((1, 0));
        (await stage.Ada.Open("/notifications")).Text.ShouldNotContain("Gone");
        (await mia.Post($"/notifications/{told}")).Status.ShouldBe(HttpStatusCode.NotFound);
        await stage.Ada.Submit(await stage.Ada.Open($"/ada-makes/posts/{letter}/edit"), "form.composer", ("action", "publish"));
        await stage.App.Drain();
        (await mia.Open("/notifications")).Text.ShouldContain("“Letter”");
        (await Kept(mia, letter), await Unread(mia)).ShouldBe((1, 2));

        // Read ones go after three months and all after a year, but of posts: a later step, of today or added one day, must not tell of them again.
        await stage.App.In(x => x.GetRequiredService<INotifications>().Tell([mia.Id, bo.Id],
            new NewNotification(stage.Campaign.BookId, NotificationKind.Comment, 77, null, "Old", "/x")));
        await mia.Post("/notifications/read");
        await After(89);
        (await Comments(mia), await Comments(bo)).ShouldBe((1, 1));
        await After(2);
        (await Comments(mia), await Comments(bo), await Kept(mia, letter), await Kept(mia, steps)).ShouldBe((0, 1, 1, 1));
        await After(110);
        (await Kept(mia, steps), await Kept(bo, steps), await Unread(mia)).ShouldBe((1, 1, 0), "the step has come, and she was told at the first");
        await After(165);
        (await Comments(bo), await Kept(mia, letter)).ShouldBe((0, 1));
        await After(366);
        (await stage.Count("notification")).ShouldBe(0);
        await Goes_in_parts_and_follows_an_edited_release(stage);

        async Task After(int days)
        {
            stage.App.Time.Advance(Duration.FromDays(days));
            await stage.App.Drain();
            await Prune(stage);
        }

        Task<long> Comments(Actor person) =>
            stage.Scalar<long>("SELECT COUNT(*) FROM notification WHERE person_id = @person AND subject_id = 77", ("person", person.Id));

        Task<int> Unread(Actor person) => stage.App.In(s => s.GetRequiredService<INotifications>().Unread(person.Id));

        Task<long> Kept(Actor person, long post) =>
            stage.Scalar<long>("SELECT COUNT(*) FROM notification WHERE person_id = @person AND post_id = @post", ("person", person.Id), ("post", post));
    }

    private static async Task Goes_in_parts_and_follows_an_edited_release(PostStage stage)
    {
        var post = await InSteps(stage, 1_400);
        await stage.App.Drain();
        await stage.App.In(s => s.GetRequiredService<INotifications>().Tell([.. Enumerable.Range(1, 4_500).Select(i => (long)i)],
            new NewNotification(stage.Campaign.BookId, NotificationKind.Comment, 1, null, "Old", "/x")));
        stage.App.Time.Advance(Duration.FromDays(731));
        await Prune(stage);
        (await stage.Count("notification")).ShouldBe(2, "those a later step would tell of again");
        var ada = await stage.App.OtherBrowser(stage.Ada); // a year is longer than a session
        var edit = await ada.Open($"/ada-makes/posts/{post}/edit");
        (await ada.Submit(edit, "form.composer", ("action", "publish"), ("step1_at", ""), ("step1_audience", ""))).Status.ShouldBe(HttpStatusCode.SeeOther);
        await stage.App.Drain();
        await Prune(stage);
        (await stage.Count("notification")).ShouldBe(0);
    }

    private static async Task Prune(PostStage stage)
    {
        while (await stage.App.In(s => s.GetRequiredService<Pruning>().Prune(default))) await Task.Yield();
    }

    /// <summary>A post for the big tier, and so many days later for everybody who pays.</summary>
    private static Task<long> InSteps(PostStage stage, int days) => stage.App.In(s => s.GetRequiredService<IPosts>().Publish(
        new NewPost(stage.Campaign.Id, stage.Ada.Id, "Steps", "x", Audience.Tiers(stage.Big.Id), false, null)
        { Later = [new(stage.App.Time.Now + Duration.FromDays(days), Audience.PaidMembers)] }));
}
