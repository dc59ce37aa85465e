using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

public sealed class ChargeTests
{
    [Theory, OnEveryEngine]
    public async Task The_confirmation_states_exactly_what_is_billed_and_only_then_it_is_billed(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await Patrons(stage, 2, 200);
        await Patron(stage, 500, new PledgeCap(0, null));
        var confirm = (await stage.Composes("/ada-makes/posts/new", "publish", ("title", "Song"), ("markdown", "La"),
            ("charge", "on"))).Location!;
        confirm.ShouldEndWith("/publish");
        var page = await stage.Ada.Open(confirm);
        page.Text.ShouldContain("This bills 2 patrons €4.00; 1 is at their cap.");
        (await stage.Scalar<string>("SELECT state FROM post")).ShouldBe("draft");

        var published = await stage.Ada.Submit(page, "form.checkout");
        published.Location!.ShouldEndWith("-song");
        await stage.App.Drain();
        (await Charge(stage))!.ShouldSatisfyAllConditions(c => c.Patrons.ShouldBe(2), c => c.Total.Minor.ShouldBe(400), c =>
            c.Capped.ShouldBe(1));
        var edit = await stage.Ada.Open(confirm.Replace("/publish", "/edit"));
        edit.Text.ShouldContain("This post bills 2 patrons €4.00; 1 is at their cap.");
        edit.Text.ShouldContain("Undo the charge");
    }

    [Theory, OnEveryEngine]
    public async Task Numbers_that_changed_since_they_were_shown_are_shown_again(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await Patrons(stage, 1, 200);
        var confirm = (await stage.Composes("/ada-makes/posts/new", "publish", ("title", "Song"), ("markdown", "La"),
            ("charge", "on"))).Location!;
        var page = await stage.Ada.Open(confirm);
        await Patrons(stage, 1, 300);
        var again = await stage.Ada.Submit(page, "form.checkout");
        ((int)again.Status).ShouldBe(409);
        again.Text.ShouldContain("The numbers have changed");
        again.Text.ShouldContain("This bills 2 patrons €5.00.");
        (await stage.Scalar<string>("SELECT state FROM post")).ShouldBe("draft");
        ((int)(await stage.Ada.Submit(again, "form.checkout")).Status).ShouldBe(303);
    }

    [Theory, OnEveryEngine]
    public async Task Inside_the_window_the_charge_can_be_taken_back_and_after_it_no_more(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await Patrons(stage, 2, 200);
        var first = await stage.Publishes("First", "x", charge: true);
        var second = await stage.Publishes("Second", "x", charge: true);
        await stage.App.Drain();
        ((int)(await stage.Ada.Post($"/ada-makes/posts/{first}/undo")).Status).ShouldBe(303);
        (await Charge(stage, first))!.IsUndone.ShouldBeTrue();
        (await stage.App.Visitor().Open($"/ada-makes/posts/{first}")).Text.ShouldContain("First");

        stage.App.Time.Advance(Duration.FromHours(24));
        var late = await stage.Ada.Post($"/ada-makes/posts/{second}/undo");
        ((int)late.Status).ShouldBe(409);
        late.Text.ShouldContain("frozen");
        (await Charge(stage, second))!.IsUndone.ShouldBeFalse();
        (await stage.Ada.Open($"/ada-makes/posts/{second}/edit")).Text.ShouldContain("The time to take it back is over");
    }

    [Theory, OnEveryEngine]
    public async Task Deleting_inside_the_window_voids_and_after_it_the_lines_stay_and_the_page_says_so(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await Patrons(stage, 2, 200);
        var first = await stage.Publishes("First", "x", charge: true);
        var second = await stage.Publishes("Second", "x", charge: true);
        await stage.App.Drain();
        (await stage.Ada.Open($"/ada-makes/posts/{first}/delete")).Text.ShouldContain("Its charge is taken back.");
        await stage.Ada.Post($"/ada-makes/posts/{first}/delete");
        (await Charge(stage, first))!.IsUndone.ShouldBeTrue();

        stage.App.Time.Advance(Duration.FromHours(25));
        var page = await stage.Ada.Open($"/ada-makes/posts/{second}/delete");
        page.Text.ShouldContain("What it billed stays.");
        page.Text.ShouldContain("It billed 2 patrons €4.00.");
        await stage.Ada.Post($"/ada-makes/posts/{second}/delete");
        (await Charge(stage, second))!.IsUndone.ShouldBeFalse();
    }

    [Theory, OnEveryEngine]
    public async Task An_edit_even_to_a_higher_tier_and_a_second_publication_never_bill_again(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await Patrons(stage, 1, 200);
        var post = await stage.Publishes("Song", "x", charge: true);
        await stage.App.Drain();
        var edit = $"/ada-makes/posts/{post}/edit";
        ((int)(await stage.Ada.Submit(await stage.Ada.Open(edit), "form.composer", ("audience", "tiers"), ("tiers", stage.Big.Id),
            ("action", "publish"))).Status).ShouldBe(303);
        stage.App.Time.Advance(Duration.FromHours(25));
        await Patrons(stage, 1, 200);
        await stage.Ada.Post($"/ada-makes/posts/{post}/withdraw");
        ((int)(await stage.Ada.Submit(await stage.Ada.Open(edit), "form.composer", ("action", "publish"))).Status).ShouldBe(303);
        await stage.App.Drain();
        (await Charge(stage, post))!.Patrons.ShouldBe(1);
        await stage.Ada.Post($"/ada-makes/posts/{post}/withdraw");
        var again = await stage.Ada.Submit(await stage.Ada.Open(edit), "form.composer", ("audience", "public"), ("charge", "on"),
            ("action", "publish"));
        ((int)again.Status).ShouldBe(422);
        again.Text.ShouldContain("a post bills at most once");
    }

    [Theory, OnEveryEngine]
    public async Task A_scheduled_paid_post_bills_when_it_goes_out_those_who_are_patrons_then(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await Patrons(stage, 1, 200);
        var confirm = (await stage.Composes("/ada-makes/posts/new", "publish", ("title", "Song"), ("markdown", "La"), ("charge", "on"),
            ("publish_at", "2026-02-01T00:00"))).Location!;
        var page = await stage.Ada.Open(confirm);
        page.Text.ShouldContain("counted when it goes out");
        (await stage.Ada.Submit(page, "form.checkout")).Location.ShouldBe("/ada-makes/posts");
        await Patrons(stage, 1, 300);
        await stage.App.Drain();
        (await stage.Count("paid_post")).ShouldBe(0);
        await stage.App.TravelTo("2026-01-31T23:00:00Z");
        var charge = (await Charge(stage))!;
        (charge.Patrons, charge.Total.Minor).ShouldBe((2, 500));
        charge.UndoUntil.ShouldBe(Instant.FromUtc(2026, 2, 1, 23, 0));
        Instant.FromUnixTimeMilliseconds(await stage.Scalar<long>("SELECT published_at FROM paid_post"))
            .ShouldBe(Instant.FromUtc(2026, 1, 31, 23, 0));
    }

    [Theory, OnEveryEngine]
    public async Task Only_a_per_creation_campaign_charges_and_only_for_everyone_or_all_paid_members(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        foreach (var audience in new[] { "members", "tiers" })
        {
            var answer = await stage.Ada.Post("/ada-makes/posts/new", ("action", "publish"), ("title", "Song"), ("audience", audience),
                ("tiers", stage.Small.Id), ("charge", "on"));
            ((int)answer.Status).ShouldBe(422);
            answer.Text.ShouldContain("open to everyone or to all paid members");
        }
        var monthly = await stage.App.HasCampaign("monthly", stage.Ada.Id);
        (await stage.Ada.Open("/monthly/posts/new")).Find("[name=charge]").ShouldBeNull();
        var forced = await stage.Ada.Post("/monthly/posts/new", ("action", "publish"), ("title", "Song"), ("audience", "public"),
            ("charge", "on"));
        ((int)forced.Status).ShouldBe(422);
        forced.Text.ShouldContain("bills by the month");
        monthly.Model.ShouldBe(BillingModel.MonthlyAnniversary);
        (await stage.Count("post")).ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task A_post_can_be_dated_back_when_brought_in_but_not_when_it_charges(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var past = stage.App.Time.Now - Duration.FromDays(400);
        await stage.Publishes("Old", "x", at: past);
        Instant.FromUnixTimeMilliseconds(await stage.Scalar<long>("SELECT published_at FROM post")).ShouldBe(past);
        (await Should.ThrowAsync<Refusal>(() =>
            stage.Publishes("Old and paid", "x", charge: true, at: past))).Message.ShouldContain("cannot be dated back");
        (await stage.Count("post")).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task More_paid_posts_in_a_day_than_any_creator_makes_are_held(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        for (var i = 0; i < 20; i++) await stage.Publishes($"Song {i}", "x", charge: true);
        (await Should.ThrowAsync<Refusal>(() => stage.Publishes("One too many", "x", charge: true))).Code.ShouldBe("too_many_paid_posts");
        await stage.Publishes("For free", "x");
        stage.App.Time.Advance(Duration.FromHours(25));
        await stage.Publishes("Next day", "x", charge: true);
    }

    private static async Task Patrons(PostStage stage, int count, long minor)
    {
        for (var i = 0; i < count; i++) await Patron(stage, minor, PledgeCap.None);
    }

    private static async Task Patron(PostStage stage, long minor, PledgeCap cap)
    {
        var patron = stage.App.SomePerson();
        await stage.App.In(s => s.GetRequiredService<IPaymentMethods>().Add(stage.Campaign.BookId, patron, "card_pays"));
        await stage.App.In(s => s.GetRequiredService<IAgreements>().Start(new AgreementTerms(
            stage.Campaign.BookId, patron, stage.Campaign.Id, BillingModel.PerCreation, 1, stage.Campaign.ZoneId,
                new Money(minor, Currency.Of("EUR")), cap, "Ada makes")));
        stage.App.Time.Advance(Duration.FromSeconds(1));
    }

    private static async Task<PostCharge?> Charge(PostStage stage, long? post = null)
    {
        var id = post ?? await stage.Scalar<long>("SELECT id FROM post");
        return await stage.App.In(s => s.GetRequiredService<IPaidPosts>().Find(id));
    }
}
