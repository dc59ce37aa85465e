using System.Globalization;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Mailings.Bouncing;
using Stipend.Mailings.Choosing;
using Stipend.Mailings.Model;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.Posts.Contracts;

namespace Stipend.Mailings.Sending;

/// <summary>Letters that may leave now, and what is alike in them.</summary>
internal sealed class Batch(DrawnPost drawn, IReadOnlyList<Letter> letters, SiteOptions site, OffLinks links, ReturnPaths paths)
{
    public IReadOnlyList<Letter> Letters => letters;
    public DrawnPost Drawn => drawn;

    /// <summary>One letter as it leaves. Its name is made of post and person: whoever gets it twice can see that it is one.</summary>
    public OutgoingMail Draw(Letter to, Instant at)
    {
        var (post, campaign, letter) = (drawn.Post, drawn.Campaign, drawn.In(to.Language));
        var off = site.Link($"/mail/off/{links.For(to.PersonId, campaign.Id)}");
        var host = new Uri(site.Link("/")).Host;
        return new OutgoingMail(to.Id, to.PersonId, Mailbox.PostKind, to.To, MailText.OneLine(post.Title, 200), letter.Text(off), letter.Html(off), at)
        {
            MessageName = string.Create(CultureInfo.InvariantCulture, $"post-{post.Id}-{to.PersonId}"),
            FromName = campaign.Name,
            ReturnPath = paths.For(to.PersonId, to.To.Address),
            Headers = [("List-Unsubscribe", $"<{off}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"), ("List-Id", $"<{campaign.Vanity}.{host}>")],
        };
    }
}

/// <summary>
/// Makes letters ready, some hundred people at a time, and asks everything anew for them at once: is the post still out, is it open to them, do they
/// want it, where do they live. The text is read and drawn again only when it has changed. A constant number of commands, however many people.
/// </summary>
internal sealed class Envelopes(MailingQueue queue, ICampaigns campaigns, IPostArchive archive, IGate gate, IPeople people, MailChoices choices,
    Bounces bounces, SiteOptions site, OffLinks links, ReturnPaths paths)
{
    /// <summary>The next letters of a mailing; null when it has nothing to send now, with whether it is to wait a while.</summary>
    public async Task<(Batch? Batch, bool IsPostponed)> Next(Turn turn, int most, Drawn kept, CancellationToken ct)
    {
        var waiting = await queue.Next(turn.PostId, most, ct);
        if (waiting.Count == 0)
        {
            kept.Drop(turn.PostId);
            return (null, false);
        }
        if (await campaigns.Find(turn.CampaignId, ct) is not { } campaign || campaign.BookId != turn.BookId
            || await Draw(campaign, turn.PostId, kept, ct) is not { } drawn)
        {
            kept.Drop(turn.PostId);
            await queue.LeaveOut(turn, null, LeftOutReason.Withdrawn, ct);
            return (null, false);
        }
        if (!campaign.IsPublished) return (null, true); // perhaps for a minute: nobody loses their mail by that
        return (new Batch(drawn, await Letters(turn, campaign, drawn.Post, waiting, ct), site, links, paths), false);
    }

    /// <summary>The post as it is now: what was drawn before, when nothing about it has changed. Null when it is out no more.</summary>
    private async Task<DrawnPost?> Draw(CampaignInfo campaign, long postId, Drawn kept, CancellationToken ct)
    {
        if (await archive.Stamp(campaign.Id, postId, ct) is not { } stamp) return null;
        var isPublic = await IsPublic(stamp.RuleId, ct);
        if (kept.Find(postId) is { } before && before.IsStill(stamp, campaign, isPublic)) return before;
        if (await archive.Find(campaign, postId, ct) is not { } post) return null;
        // It may have changed since: its rule comes in one row with its text, and is the one the gate is asked about.
        var drawn = new DrawnPost(post, campaign, post.RuleId == stamp.RuleId ? isPublic : await IsPublic(post.RuleId, ct), site);
        kept.Keep(drawn);
        return drawn;
    }

    private async Task<bool> IsPublic(long ruleId, CancellationToken ct) => (await gate.Audiences([ruleId], ct))[ruleId].Kind == AudienceKind.Public;

    private async Task<List<Letter>> Letters(Turn turn, CampaignInfo campaign, PublishedPost post, List<(long Id, long PersonId, int Attempts)> waiting,
        CancellationToken ct)
    {
        var ids = waiting.ConvertAll(w => w.PersonId);
        var open = (await gate.OpenTo(post.RuleId, post.PublishedAt, ids, ct)).ToHashSet();
        var off = await choices.OffAmong(turn.PostId, ids, campaign.Id, ct);
        var known = await people.FindMany(ids, ct);
        var marks = await bounces.Of(ids, ct);
        var (letters, left) = (new List<Letter>(waiting.Count), new Dictionary<LeftOutReason, List<long>>());
        foreach (var (id, person, attempts) in waiting)
        {
            LeftOutReason? reason = !open.Contains(person) ? LeftOutReason.Closed : off.Contains(person) ? LeftOutReason.Unwanted : null;
            // Nothing unasked goes to an address nobody has shown to be theirs.
            if (reason is null && known.GetValueOrDefault(person) is { Email: { } address, IsClosed: false, IsConfirmed: true } info)
            {
                if (marks.GetValueOrDefault(person)?.AddressHash != Bounces.HashOf(person, address))
                {
                    letters.Add(new Letter(id, person, attempts, new MailAddressee(MailText.OneLine(info.Name, 100), address)) { Language = info.Language });
                    continue;
                }
                reason = LeftOutReason.Bouncing;
            }
            var group = reason ?? LeftOutReason.NoAddress;
            (left.TryGetValue(group, out var those) ? those : left[group] = []).Add(person);
        }
        foreach (var (reason, those) in left) await queue.LeaveOut(turn, those, reason, ct);
        return letters;
    }
}
