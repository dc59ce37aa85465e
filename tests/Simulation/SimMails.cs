using Stipend.Platform.Mail;

namespace Stipend.Simulation;

/// <summary>A mail that left, by its message: the same one twice is one mail told twice.</summary>
internal sealed record LeftMail(long MessageId, long PersonId, string Kind, string Text);

/// <summary>Everybody has an address, and every mail that leaves is kept.</summary>
internal sealed class SimMails : IMailCarrier, IAddressBook
{
    public Dictionary<long, LeftMail> Left { get; } = [];

    public Task Carry(OutgoingMail mail, CancellationToken ct)
    {
        Left[mail.Id] = new LeftMail(mail.Id, mail.PersonId, mail.Kind, mail.Text);
        return Task.CompletedTask;
    }

    public Task<MailAddressee?> Find(long personId, CancellationToken ct) =>
        Task.FromResult<MailAddressee?>(new MailAddressee($"Patron {personId}", $"patron{personId}@example.org"));
}
