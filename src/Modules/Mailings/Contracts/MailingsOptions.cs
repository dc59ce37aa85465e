using System.ComponentModel.DataAnnotations;

namespace Stipend.Mailings.Contracts;

/// <summary>How fast posts go out by mail, under <c>Stipend:Mailings</c>.</summary>
public sealed record MailingsOptions
{
    /// <summary>Mails handed to the mail server in a second, over all posts, by each process of the site.</summary>
    [Range(1, 100_000)]
    public int PerSecond { get; init; } = 20;

    /// <summary>Connections to the mail server at once.</summary>
    [Range(1, 32)]
    public int Connections { get; init; } = 4;

    /// <summary>So many people are asked about, whether the post is open to them and they want it, before the next so many.</summary>
    [Range(1, 5_000)]
    public int PeopleAtOnce { get; init; } = 500;

    /// <summary>Where mails that could not be delivered come back to, with a mark of each reader after a plus sign; needs the secret too.</summary>
    [EmailAddress]
    public string? BounceAddress { get; init; }

    /// <summary>What the mail system shows when it hands a returned mail to <c>/mail/bounces</c>; at least 16 characters.</summary>
    [MinLength(16)]
    public string? BounceSecret { get; init; }
}
