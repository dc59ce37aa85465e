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
internal sealed class Batch(CampaignInfo campaign, PublishedPost post, PostLetter letter, IReadOnlyList<Letter> letters, SiteOptions site, OffLinks links)
{
    public IReadOnlyList<Letter> Letters => letters;

    /// <summary>One letter as it leaves. Its name is made of post and person: whoever gets it twice can see that it is one.</summary>
    public OutgoingMail Draw(Letter to, Instant at)
    {
        var off = site.Link($"/mail/off/{links.For(to.PersonId, campaign.Id)}");
        var host = new Uri(site.Link("/")).Host;
        return new OutgoingMail(to.Id, to.PersonId, Mailbox.PostKind, to.To, MailText.OneLine(post.Title, 200), letter.Text(off), letter.Html(off), at)
        {
            MessageName = string.Create(CultureInfo.InvariantCulture, $"post-{post.Id}-{to.PersonId}"),
            FromName = campaign.Name,
            Headers = [("List-Unsubscribe", $"<{off}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"), ("List-Id", $"<{campaign.Vanity}.{host}>")],
        };
    }
}

/// <summary>
/// Makes letters ready, some hundred people at a time, and asks everything anew for them at once: is the post still out, is it open to them, do they
/// want it, where do they live. A constant number of commands, however many people.
/// </summary>
internal sealed class Envelopes(MailingQueue queue, ICampaigns campaigns, IPostArchive archive, IGate gate, IPeople people, MailChoices choices,
    Bounces bounces, SiteOptions site, OffLinks links)
{
    /// <summary>The next letters of a mailing; null when it has nothing to send now, with whether it is to wait a while.</summary>
    public async Task<(Batch? Batch, bool IsPostponed)> Next(Turn turn, int most, CancellationToken ct)
    {
        var waiting = await queue.Next(turn.PostId, most, ct);
        if (waiting.Count == 0) return (null, false);
        if (await campaigns.Find(turn.CampaignId, ct) is not { } campaign || campaign.BookId != turn.BookId
            || await archive.Find(campaign, turn.PostId, ct) is not { } post)
        {
            await queue.LeaveOut(turn.PostId, null, LeftOutReason.Withdrawn, ct);
            return (null, false);
        }
        if (!campaign.IsPublished) return (null, true); // perhaps for a minute: nobody loses their mail by that
        var letters = await Letters(turn, campaign, post, waiting, ct);
        var isPublic = (await gate.Audiences([post.RuleId], ct))[post.RuleId].Kind == AudienceKind.Public;
        var drawn = PostLetter.Of(post.Title, post.Html, site.Link(post.Path), site.Link(""), campaign.Name, isPublic);
        return (new Batch(campaign, post, drawn, letters, site, links), false);
    }

    private async Task<List<Letter>> Letters(Turn turn, CampaignInfo campaign, PublishedPost post, List<(long Id, long PersonId, int Attempts)> waiting,
        CancellationToken ct)
    {
        var ids = waiting.ConvertAll(w => w.PersonId);
        var open = (await gate.OpenTo(post.RuleId, post.PublishedAt, ids, ct)).ToHashSet();
        var off = await choices.OffAmong(ids, campaign.Id, ct);
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
                    letters.Add(new Letter(id, person, attempts, new MailAddressee(MailText.OneLine(info.Name, 100), address)));
                    continue;
                }
                reason = LeftOutReason.Bouncing;
            }
            var group = reason ?? LeftOutReason.NoAddress;
            (left.TryGetValue(group, out var those) ? those : left[group] = []).Add(person);
        }
        foreach (var (reason, those) in left) await queue.LeaveOut(turn.PostId, those, reason, ct);
        return letters;
    }
}
