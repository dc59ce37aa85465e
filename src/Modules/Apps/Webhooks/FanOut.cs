using Microsoft.EntityFrameworkCore;
using Stipend.Apps.Model;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Contracts;

namespace Stipend.Apps.Webhooks;

/// <summary>
/// Turns what happened into deliveries, in one transaction with the message it came by: what is told is written down as it is now, once for
/// all who may see the same. A campaign nobody listens to costs one question per message, however many members it tells of.
/// </summary>
internal sealed class FanOut(Db db, Ids ids, Clock clock, ICampaigns campaigns, Payloads payloads, IPostArchive posts, WakeUp<Courier> wakeUp)
    : IHandle<MembershipsChanged>, IHandle<PostChanged>
{
    private static readonly string[] s_payloadColumns = ["id", "book_id", "person_id", "body", "created_at"];

    private static readonly string[] s_deliveryColumns =
        ["id", "book_id", "webhook_id", "payload_id", "event", "is_waiting", "attempts", "created_at"];

    private sealed record Told(long PayloadId, long? PersonId, byte[] Body);

    public async Task Handle(MembershipsChanged message, MessageContext context, CancellationToken ct)
    {
        foreach (var (campaign, webhooks) in await Listening(message.BookId, message.Changes.Select(c => c.CampaignId), ct))
        {
            var changes = message.Changes.Where(c => c.CampaignId == campaign.Id).Distinct().Select(c => (c.PersonId, Name: Triggers.Of(c.Kind)))
                .ToList();
            var (told, deliveries) = (new List<Told>(), new List<(Webhook To, string Event, Told What)>());
            foreach (var view in webhooks.GroupBy(w => new PayloadView(w.Scope, w.Origin)))
            {
                var (second, first) = (view.SelectMany(w => w.TriggerList).Where(t => !IsFirst(t)).ToHashSet(), view.SelectMany(w => w.TriggerList)
                    .Where(IsFirst).ToHashSet());
                var members = await Write(changes.Where(c => second.Contains(c.Name.Trigger)).Select(c => c.PersonId), told, people =>
                    payloads.Members(campaign, people, view.Key, ct));
                var pledges = await Write(changes.Where(c => c.Name.First is { } old && first.Contains(old)).Select(c => c.PersonId), told, people =>
                    payloads.Pledges(campaign, people, view.Key, ct));
                foreach (var (webhook, wanted) in view.Select(w => (w, w.TriggerList.ToHashSet())))
                    foreach (var (person, (trigger, old)) in changes)
                    {
                        if (wanted.Contains(trigger) && members.TryGetValue(person, out var member))
                            deliveries.Add((webhook, trigger, member));
                        if (old is not null && wanted.Contains(old) && pledges.TryGetValue(person, out var pledge))
                            deliveries.Add((webhook, old, pledge));
                    }
            }
            await Keep(message.BookId, told, deliveries, ct);
        }
    }

    public async Task Handle(PostChanged message, MessageContext context, CancellationToken ct)
    {
        var trigger = Triggers.Of(message.Kind);
        foreach (var (campaign, webhooks) in await Listening(message.BookId, [message.CampaignId], ct))
        {
            var wanting = webhooks.Where(w => w.TriggerList.Contains(trigger)).ToList();
            if (wanting.Count == 0 || (message.Last ?? await posts.Find(campaign, message.PostId, ct)) is not { } post) return; // gone before it was told of
            var (told, deliveries) = (new List<Told>(), new List<(Webhook, string, Told)>());
            foreach (var view in wanting.GroupBy(w => new PayloadView(w.Scope, w.Origin)))
            {
                if (await payloads.Post(campaign, post, view.Key, ct) is not { } body) continue;
                told.Add(new Told(ids.Next(), null, body));
                deliveries.AddRange(view.Select(webhook => (webhook, trigger, told[^1])));
            }
            await Keep(message.BookId, told, deliveries, ct);
        }
    }

    /// <summary>Campaigns somebody listens to, while they live in the book the news is of. An app hears as long as its owner
    /// lets it.</summary>
    private async Task<IReadOnlyList<(CampaignInfo Campaign, List<Webhook> Webhooks)>> Listening(long bookId, IEnumerable<long> campaignIds,
        CancellationToken ct)
    {
        var (wanted, grants) = (campaignIds.Distinct().ToList(), db.Hearing);
        var found = await db.Webhooks.AsNoTracking().Where(w => wanted.Contains(w.CampaignId) && (w.ClientId == null
            || grants.Any(g => g.ClientId == w.ClientId && g.PersonId == w.OwnerId))).OrderBy(w => w.Id).ToListAsync(ct);
        if (found.Count == 0) return [];
        var known = await campaigns.FindMany(found.Select(w => w.CampaignId).Distinct().ToList(), ct);
        return found.GroupBy(w => w.CampaignId).Where(g => known.TryGetValue(g.Key, out var campaign) && campaign.BookId == bookId)
            .Select(g => (known[g.Key], g.Where(w => w.OwnerId == known[g.Key].OwnerId).ToList())).ToList();
    }

    private async Task<Dictionary<long, Told>> Write(IEnumerable<long> personIds, List<Told> told,
        Func<IReadOnlyCollection<long>, Task<IReadOnlyDictionary<long, byte[]>>> write)
    {
        var people = personIds.Distinct().ToList();
        if (people.Count == 0) return [];
        var written = (await write(people)).ToDictionary(p => p.Key, p => new Told(ids.Next(), p.Key, p.Value));
        told.AddRange(written.Values);
        return written;
    }

    private async Task Keep(long bookId, List<Told> told, List<(Webhook To, string Event, Told What)> deliveries, CancellationToken ct)
    {
        if (deliveries.Count == 0) return;
        var now = clock.Now();
        await using (var writer = await db.BulkInsert("webhook_payload", s_payloadColumns, ct))
        {
            foreach (var what in told)
            {
                writer.Int(what.PayloadId);
                writer.Int(bookId);
                writer.Int(what.PersonId);
                writer.Bytes(what.Body);
                writer.At(now);
                writer.EndRow();
            }
            await writer.Complete(ct);
        }
        await using (var writer = await db.BulkInsert("webhook_delivery", s_deliveryColumns, ct))
        {
            foreach (var (to, name, what) in deliveries)
            {
                writer.Int(ids.Next());
                writer.Int(bookId);
                writer.Int(to.Id);
                writer.Int(what.PayloadId);
                writer.Text(name);
                writer.Bool(true);
                writer.Int(0);
                writer.At(now);
                writer.EndRow();
            }
            await writer.Complete(ct);
        }
        // What waits for its turn after a failure goes on waiting: order comes before speed.
        await db.Execute($"UPDATE webhook SET due_at = COALESCE(due_at, @now) WHERE id IN ({SqlList.Of(deliveries.Select(d => d.To.Id).Distinct())})",
            ct, ("now", now));
        db.AfterCommit(wakeUp.Signal);
    }

    private static bool IsFirst(string trigger) => trigger.StartsWith("pledges:", StringComparison.Ordinal);
}
