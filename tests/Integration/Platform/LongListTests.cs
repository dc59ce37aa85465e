using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Posts;
using Stipend.Integration.Vault;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Platform;

/// <summary>
/// Lists that nobody expects to be long, one row longer than their page: each is read to its end by the links below it, every row once, also where all rows
/// are of one moment.
/// </summary>
public sealed class LongListTests
{
    private const long Someone = 5_000_000, Then = 1_768_000_000_000;

    [Theory, OnEveryEngine]
    public async Task What_a_reader_has_much_of_is_all_there_to_read(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var mia = await stage.Member("mia");
        await People(stage.App, 31);
        await Insert(stage.App, "comment_mute", 31, i => [("person_id", mia.Id), ("muted_id", Someone + i), ("created_at", Then)]);
        await Insert(stage.App, "oauth_client", 31, i => [("id", 700L + i), ("public_id", $"c{i}"), ("secret_hash", new byte[32]),
            ("campaign_id", stage.Campaign.Id), ("owner_id", stage.Ada.Id), ("name", Name(i)), ("description", ""), ("redirect_uris", ""), ("api_version", 2L),
            ("created_at", Then)]);
        await Insert(stage.App, "oauth_grant", 62, i => [("id", 900L + i), ("client_id", 700L + i % 31), ("person_id", mia.Id), ("scope", "identity"),
            ("is_creators", false), ("created_at", Then)]); // each app let in twice, and shown once
        await Insert(stage.App, "session", 51, i => [("id", 100L + i), ("person_id", mia.Id), ("token_hash", BitConverter.GetBytes(i)), ("device", Name(i)),
            ("created_at", Then), ("proven_at", Then), ("last_used_at", Then), ("expires_at", Then * 2)]);
        var campaigns = new List<long>();
        for (var i = 0; i < 51; i++) campaigns.Add((await stage.App.HasCampaign($"c-{i:000}", stage.Ada.Id)).Id);
        await Insert(stage.App, "mail_off", 51, i => [("person_id", mia.Id), ("campaign_id", campaigns[i]), ("since", Then)]);
        await Insert(stage.App, "membership", 102, i => [("id", 3_000L + i), ("book_id", 1L), ("person_id", mia.Id), ("campaign_id", campaigns[i % 51]),
            ("amount_minor", 0L), ("status", i < 51 ? "ended" : i % 2 == 0 ? "free" : "ended"), ("started_at", Then), ("ended_at", Then),
            ("lifetime_elsewhere_minor", 0L), ("was_free", true), ("version", 1L)]); // each campaign left and joined again, every second one left once more
        await Insert(stage.App, "membership_event", 51, i => [("id", 100L + i), ("book_id", 1L), ("membership_id", 3_000L), ("person_id", mia.Id),
            ("campaign_id", campaigns[0]), ("kind", "joined"), ("text", Name(i)), ("at", Then)]);

        (await Walk(mia, "/c-000/membership", ".timeline li")).ShouldAllBe(line => line.Contains("Row "));
        (await Walk(mia, "/account/mutes", "main li.row > span")).ShouldBe(Names(31).Reverse());
        (await Walk(mia, "/account/apps", ".card-title")).ShouldBe(Names(31));
        var sessions = await Walk(mia, "/account/sessions", "tbody th");
        sessions.Count.ShouldBe(52);
        sessions[1..].ShouldBe(Names(51).Reverse(), "the one in use is the first");
        (await Walk(mia, "/account/mail", "#field-campaign .choice-label")).ShouldBe([.. Enumerable.Range(0, 51).Select(i => $"C-{i:000}").Prepend("Ada-makes")]);
        (await Walk(mia, "/memberships", "tbody th")).ShouldBe([.. Enumerable.Range(0, 51).Reverse().Select(i => $"C-{i:000}")]);

        // Saving a page of the mails says nothing of the campaigns on the others.
        var second = await mia.Open((await mia.Open("/account/mail")).Links(".pager a[rel=next]").ShouldHaveSingleItem());
        (await mia.Submit(second, "form[action='/account/mail']", ("campaign", campaigns[50]))).Location.ShouldBe($"/account/mail?after={campaigns[48]}");
        (await stage.Scalar<long>("SELECT COUNT(*) FROM mail_off WHERE person_id = @me AND campaign_id > 0", ("me", mia.Id))).ShouldBe(50);
    }

    [Theory, OnEveryEngine]
    public async Task What_is_closed_by_now_does_not_stand_in_for_what_one_goes_on_hearing(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var mia = await stage.Member("mia");
        var (open, closed) = (await stage.Publishes("Open", "x"), await stage.Publishes("Closed", "x", Audience.Tiers(stage.Big.Id)));
        await Files.Upload(stage.Ada, open, "one.mp3", Files.Mp3(3, 40_000));
        var blob = await stage.Scalar<long>("SELECT id FROM vault_blob");
        await Insert(stage.App, "vault_file", 66, i => [("id", 100L + i), ("campaign_id", stage.Campaign.Id), ("blob_id", blob), ("holder_kind", "post"),
            ("holder_id", i < 45 ? closed : open), ("uploader_id", stage.Ada.Id), ("name", Name(i)), ("kind", "audio"), ("content_type", "audio/mpeg"),
            ("created_at", Then)]);
        await Insert(stage.App, "play_position", 66, i => [("person_id", mia.Id), ("file_id", 100L + i), ("at_ms", 60_000L), ("length_ms", 90_000L),
            ("changed_at", Then - i / 2)]); // the closed ones were heard last
        (await mia.Open("/library?show=playing")).Texts(".file-name").Count.ShouldBe(20);
        (await Walk(mia, "/library?show=playing", ".file-name")).ShouldBe(Names(66).Skip(45), ignoreOrder: true);
    }

    [Theory, OnEveryEngine]
    public async Task What_a_creator_has_much_of_is_all_there_to_read(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var (ada, campaign) = (stage.Ada, stage.Campaign.Id);
        await People(stage.App, 51);
        await ada.Post("/ada-makes/collections/new", ("title", "Night bus"));
        var post = await stage.Publishes("Seen", "x");
        await Insert(stage.App, "comment", 51, i => [("id", 100L + i), ("book_id", 1L), ("campaign_id", campaign), ("post_id", post), ("author_id", Someone + i),
            ("body", Name(i)), ("state", "held"), ("created_at", Then)]);
        await Insert(stage.App, "comment_block", 51, i => [("campaign_id", campaign), ("person_id", Someone + i), ("blocked_by", ada.Id), ("created_at", Then)]);
        await Insert(stage.App, "comment_moderator", 51, i => [("campaign_id", campaign), ("person_id", Someone + i), ("created_at", Then)]);
        await Insert(stage.App, "member_block", 51, i => [("campaign_id", campaign), ("person_id", Someone + i), ("book_id", 1L), ("at", Then)]);
        await Insert(stage.App, "import", 21, i => [("id", 100L + i), ("book_id", 1L), ("campaign_id", campaign), ("source", "patreon"), ("file_name", Name(i)),
            ("file_hash", $"{i}"), ("status", "done"), ("total_rows", 0L), ("committed_rows", 0L), ("imported", 0L), ("updated", 0L), ("unchanged", 0L),
            ("skipped", 0L), ("totals", "{}"), ("tiers_created", "[]"), ("started_at", Then)]);
        await Insert(stage.App, "post", 200, i => [("id", 100L + i), ("campaign_id", campaign), ("book_id", 1L), ("author_id", ada.Id), ("title", Name(i)),
            ("slug", "x"), ("teaser", ""), ("markdown", ""), ("html", ""), ("plain", ""), ("excerpt", ""), ("rule_id", 1L), ("state", "draft"),
            ("charge", "none"), ("created_at", Then), ("saved_at", Then), ("version", 1L)]);

        (await Walk(ada, "/ada-makes/comments", ".comment-body", ".comment-list + .pager")).ShouldBe(Names(51));
        (await Walk(ada, "/ada-makes/comments", "#blocked li > span", "#blocked .pager")).ShouldBe(Names(51).Reverse());
        (await Walk(ada, "/ada-makes/comments", "#helpers li > span", "#helpers .pager")).ShouldBe(Names(51).Reverse());
        (await Walk(ada, "/ada-makes/members", "#blocked form > span", "#blocked .pager")).ShouldBe(Names(51).Reverse());
        (await Walk(ada, "/ada-makes/import", "tbody a")).ShouldBe(Names(21).Reverse());
        const string Edit = "/ada-makes/collections/night-bus/edit";
        (await Walk(ada, Edit, "select[name=post] option")).ShouldBe([.. Names(200).Reverse().Select(n => n + " (Not published)").Prepend("Seen")]);

        // What is decided on a page leads back to it; who adds an old post goes on among the old ones.
        var second = await ada.Open((await ada.Open("/ada-makes/comments")).Links(".comment-list + .pager a[rel=next]").ShouldHaveSingleItem());
        var last = await ada.Submit(second, "form[action='/comments/150/moderate']", ("action", "remove"));
        (await ada.Open(last.Location!)).Text.ShouldContain("That was everything");
        var older = (await ada.Open(Edit)).Links(".pager a[rel=next]").ShouldHaveSingleItem();
        var added = await ada.Submit(await ada.Open(older), "form[action$='/posts']:has(select)", ("action", "add"));
        added.Location.ShouldBe(older);
        (await ada.Open(Edit)).Texts(".order-title a").ShouldBe([Name(0)]);
    }

    [Theory, OnEveryEngine]
    public async Task What_an_operator_has_much_of_is_all_there_to_read(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-06-01");
        var opal = await app.Operator();
        await People(app, 51, "asked");
        var cipher = await app.In(async s => await (await s.GetRequiredService<Db>().Command("SELECT email_cipher FROM person_pii")).ExecuteScalarAsync());
        await Insert(app, "person_pii", 51, i => [("person_id", Someone + i), ("email_cipher", cipher), ("email_index", $"{i}")]);
        await Insert(app, "captured_mail", 101, i => [("id", 100L + i), ("person_id", opal.Id), ("kind", "test"), ("name", ""), ("address", "a@example.org"),
            ("subject", Name(i)), ("body_text", ""), ("body_html", ""), ("sent_at", Then)]);
        await Insert(app, "billing_run", 41, i => [("id", 100L + i), ("book_id", 1L), ("zone_id", i % 2 == 0 ? "Europe/Lisbon" : "Europe/Berlin"),
            ("bill_on", $"2026-{1 + i / 2 / 20:00}-{1 + i / 2 % 20:00}"), ("state", "review"), ("cutoff_at", Then), ("cutoff_no", 1L), ("platform_fee_bp", 0L),
            ("opened_at", Then)]); // two of a day
        await Insert(app, "charge", 101, i => [("id", 100L + i), ("book_id", 1L), ("scope_id", 5L), ("patron_id", Someone + i), ("currency", "EUR"),
            ("split", 0L), ("gross_minor", 500L), ("kind", "run"), ("zone_id", "Europe/Lisbon"), ("created_at", Then)]);
        await Insert(app, "due_work", 101, i => [("charge_id", 100L + i), ("book_id", 1L), ("patron_id", Someone + i), ("kind", "check"), ("due_at", Then * 2),
            ("lease_until", 0L), ("lease_token", 0L), ("tries", 0L)]);
        await Insert(app, "transfer_order", 101, i => [("id", $"{i}"), ("charge_id", 100L + i), ("customer_ref", ""), ("amount_minor", 500L),
            ("currency", "EUR"), ("reference", Name(i)), ("created_at", Then)]);
        await Insert(app, "recon_item", 51, i => [("id", 100L + i), ("gateway", "test"), ("movement_id", $"{i}"), ("kind", "unknown_payment"),
            ("intent_id", Name(i)), ("amount_minor", 500L), ("fee_minor", 0L), ("currency", "EUR"), ("found_at", Then)]);

        (await Walk(opal, "/operator/payments", "tbody code")).ShouldBe(Names(51));
        (await Walk(opal, "/operator/transfers", "tbody code")).ShouldBe(Names(101));
        (await Walk(opal, "/operator/runs", "tbody th a")).Count.ShouldBe(41);
        (await Walk(opal, "/operator/creators", "tbody th")).ShouldBe(Names(51));
        (await Walk(opal, "/dev/mailbox", "tbody a")).Take(101).ShouldBe(Names(101).Reverse());
    }

    /// <summary>Reads a list by its links to the end; it takes two pages.</summary>
    private static async Task<List<string>> Walk(Actor reader, string path, string rows, string pager = ".pager")
    {
        var first = await reader.Open(path);
        var next = first.Links(pager + " a[rel=next]").ShouldHaveSingleItem(path);
        first.Links(pager + " a").Count.ShouldBe(1, "nothing is before the first page");
        var second = await reader.Open(next);
        second.Texts(rows).ShouldNotBeEmpty(next);
        second.Links(pager + " a[rel=next]").ShouldBeEmpty(next);
        (await reader.Open(second.Links(pager + " a").ShouldHaveSingleItem())).Texts(rows).ShouldBe(first.Texts(rows), "the way back leads to the first page");
        return [.. first.Texts(rows), .. second.Texts(rows)];
    }

    private static string Name(int i) => $"Row {i:000}";

    private static IEnumerable<string> Names(int count) => Enumerable.Range(0, count).Select(Name);

    private static Task People(TestApp app, int count, string creator = "none") => Insert(app, "person", count, i => [("id", Someone + i), ("name", Name(i)),
        ("is_operator", false), ("creator", creator), ("created_at", Then), ("version", 1L)]);

    /// <summary>Rows as they would be there after years.</summary>
    private static Task Insert(TestApp app, string table, int count, Func<int, (string Column, object? Value)[]> row) => app.In(async s =>
    {
        var db = s.GetRequiredService<Db>();
        await using var transaction = await db.BeginWrite();
        for (var i = 0; i < count; i++)
        {
            var values = row(i);
            var (columns, parameters) = (values.Select(v => v.Column), values.Select(v => "@" + v.Column));
            await db.Execute($"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ({string.Join(", ", parameters)})", default, values);
        }
        await transaction.Commit();
    });
}
