using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;

namespace Stipend.Apps.Model;

/// <summary>An address that is told what happens on a campaign.</summary>
internal sealed class Webhook
{
    public long Id { get; init; }
    public long CampaignId { get; init; }
    public long OwnerId { get; init; }

    /// <summary>The app that made it; null: the creator did, on their page.</summary>
    public long? ClientId { get; init; }
    public string Uri { get; set; } = "";
    public string Secret { get; init; } = "";

    /// <summary>What it is told of, separated by single spaces.</summary>
    public string Triggers { get; set; } = "";

    /// <summary>What the payloads may show, as the token that made it had it.</summary>
    public string Scope { get; init; } = "";

    /// <summary>Where its maker reached this site: links in payloads lead there.</summary>
    public string Origin { get; init; } = "";
    public bool IsPaused { get; set; }

    /// <summary>Failures since the last success.</summary>
    public int Failures { get; init; }
    public Instant? LastAttemptedAt { get; init; }

    /// <summary>When something is to be sent; null while nothing waits, or everything waits for a person.</summary>
    public Instant? DueAt { get; set; }

    /// <summary>Somebody asked since the last turn began that what waits be sent now.</summary>
    public bool IsAsked { get; init; }
    public long LeaseUntil { get; init; }
    public long LeaseToken { get; init; }
    public Instant CreatedAt { get; init; }

    public IReadOnlyList<string> TriggerList => Triggers.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>What is told: the bytes that are signed.</summary>
internal sealed class WebhookPayload
{
    public long Id { get; init; }
    public long BookId { get; init; }

    /// <summary>Whom it tells of; null for a post.</summary>
    public long? PersonId { get; init; }
    public byte[] Body { get; init; } = [];
    public Instant CreatedAt { get; init; }
}

/// <summary>One thing a webhook is to be told, and what became of it the last time.</summary>
internal sealed class WebhookDelivery
{
    public long Id { get; init; }
    public long BookId { get; init; }
    public long WebhookId { get; init; }
    public long PayloadId { get; init; }
    public string Event { get; init; } = "";
    public bool IsWaiting { get; init; }
    public int Attempts { get; init; }
    public int? AnswerStatus { get; init; }

    /// <summary>The beginning of what was answered.</summary>
    public string? Answer { get; init; }

    /// <summary>Why there was no answer.</summary>
    public string? Trouble { get; init; }
    public long? TookMs { get; init; }
    public Instant? AttemptedAt { get; init; }
    public Instant CreatedAt { get; init; }

    /// <summary>How receivers know it again, however often it is sent.</summary>
    public string MessageId => MessageIdOf(Id);

    public static string MessageIdOf(long id) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"msg_{id}");
}

internal static class WebhooksDb
{
    extension(Db db)
    {
        public DbSet<Webhook> Webhooks => db.Set<Webhook>();
        public DbSet<WebhookPayload> WebhookPayloads => db.Set<WebhookPayload>();
        public DbSet<WebhookDelivery> WebhookDeliveries => db.Set<WebhookDelivery>();
    }
}
