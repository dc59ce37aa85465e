using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Components;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Platform.Ui;

namespace Stipend.Mailings.Bouncing;

/// <summary>An address its server refused, with the server's words and when.</summary>
internal sealed record Bounce(string AddressHash, string Answer, Instant Since);

/// <summary>
/// Addresses that are refused for good. Nothing about posts goes there any more; what a person's money and sign-in need still does. With another
/// address, or by the person's word that it works again, the mark is gone.
/// </summary>
internal sealed class Bounces(Db db, Clock clock)
{
    /// <summary>Marks an address. It is kept as a hash alone, so the server's words are kept without it.</summary>
    public Task Note(long personId, string address, string answer, CancellationToken ct) => db.Execute("""
        INSERT INTO mail_bounce (person_id, address_hash, answer, since) VALUES (@person, @hash, @answer, @now)
        ON CONFLICT (person_id) DO UPDATE SET address_hash = @hash, answer = @answer, since = @now
        """, ct, ("person", personId), ("hash", HashOf(personId, address)), ("answer", Without(address, answer)), ("now", clock.Now()));

    public Task Clear(long personId, CancellationToken ct) =>
        db.Execute("DELETE FROM mail_bounce WHERE person_id = @person", ct, ("person", personId));

    /// <summary>The marks of some people, for any address.</summary>
    public async Task<IReadOnlyDictionary<long, Bounce>> Of(IReadOnlyCollection<long> personIds, CancellationToken ct)
    {
        var found = new Dictionary<long, Bounce>();
        if (personIds.Count == 0) return found;
        await using var command = await db.Command(
            $"SELECT person_id, address_hash, answer, since FROM mail_bounce WHERE person_id IN ({SqlList.Of(personIds)})", ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            found[reader.GetInt64(0)] = new Bounce(reader.GetString(1), reader.GetString(2), Instant.FromUnixTimeMilliseconds(reader.GetInt64(3)));
        return found;
    }

    private static string Without(string address, string answer) => MailText.OneLine(answer
        .Replace(address, "…", StringComparison.OrdinalIgnoreCase)
        .Replace(EmailAddress.Normalise(address), "…", StringComparison.OrdinalIgnoreCase), 300);

    /// <summary>With the person's id in it, so that two rows do not tell of one address.</summary>
    public static string HashOf(long personId, string address) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{personId} {EmailAddress.Normalise(address)}")));
}

/// <summary>Tells a person in their account that their address is refused, with the ways out.</summary>
internal sealed class BounceNotice(Bounces bounces, IPeople people) : IAccountNotice
{
    public async Task<RenderFragment?> Load(long personId, CancellationToken ct)
    {
        if ((await bounces.Of([personId], ct)).GetValueOrDefault(personId) is not { } bounce) return null;
        if (await people.Find(personId, ct) is not { Email: { } address } || Bounces.HashOf(personId, address) != bounce.AddressHash) return null;
        var view = new BounceAlert.View(address, bounce.Answer, bounce.Since);
        return Section.Of<BounceAlert>(view);
    }
}
