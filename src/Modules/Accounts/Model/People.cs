using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;

namespace Stipend.Accounts.Model;

/// <summary>People for other modules. Set-based on both engines: one command per 5,000 ids or addresses.</summary>
internal sealed class People(Db db, Ids ids, Clock clock, PersonalData data, Passwords passwords) : IPeople, IAddressBook
{
    private const int Batch = 5_000;
    private const string Columns = "p.id, p.name, p.is_operator, p.closed_at, d.email_cipher, p.created_at, p.confirmed_at, d.language FROM person p LEFT JOIN person_pii d ON d.person_id = p.id";

    public Task<bool> Any(CancellationToken ct) => db.People.AnyAsync(ct);

    public async Task<IReadOnlyList<long>> Operators(CancellationToken ct) =>
        await db.People.AsNoTracking().Where(p => p.IsOperator && p.ClosedAt == null).Select(p => p.Id).OrderBy(id => id).ToListAsync(ct);

    public async Task<PersonInfo?> Find(long id, CancellationToken ct) =>
        (await Read($"SELECT {Columns} WHERE p.id = @id", ("id", id), ct)).SingleOrDefault();

    public async Task<PersonInfo?> FindByEmail(string email, CancellationToken ct) =>
        (await Read($"SELECT {Columns} WHERE d.email_index = @key", ("key", data.Index(email)), ct)).SingleOrDefault();

    public async Task<IReadOnlyDictionary<long, PersonInfo>> FindMany(IReadOnlyCollection<long> ids, CancellationToken ct)
    {
        var found = new Dictionary<long, PersonInfo>(ids.Count);
        foreach (var batch in ids.Distinct().Chunk(Batch))
            foreach (var person in await Read($"SELECT {Columns} WHERE {db.Among("p.id")}", db.Keys(batch), ct))
                found[person.Id] = person;
        return found;
    }

    public async Task<IReadOnlyDictionary<long, string>> NamesOf(IReadOnlyCollection<long> ids, CancellationToken ct)
    {
        var found = new Dictionary<long, string>(ids.Count);
        foreach (var batch in ids.Distinct().Chunk(Batch))
        {
            await using var command = await db.Command($"SELECT id, name FROM person WHERE {db.Among("id")}", ct, db.Keys(batch));
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) found[reader.GetInt64(0)] = reader.GetString(1);
        }
        return found;
    }

    public async Task<IReadOnlyDictionary<string, long>> FindManyByEmail(IReadOnlyCollection<string> emails, CancellationToken ct)
    {
        var found = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var batch in emails.Select(EmailAddress.Normalise).Distinct(StringComparer.Ordinal).Chunk(Batch))
        {
            var emailOf = batch.ToDictionary(data.Index, StringComparer.Ordinal);
            foreach (var (index, id) in await IdsOf(emailOf.Keys, ct)) found[emailOf[index]] = id;
        }
        return found;
    }

    public async Task<IReadOnlyDictionary<string, InvitedPerson>> InviteMany(IReadOnlyCollection<NewPerson> people, CancellationToken ct)
    {
        var invited = new Dictionary<string, InvitedPerson>(people.Count, StringComparer.Ordinal);
        await using var transaction = await db.BeginWrite(ct);
        foreach (var batch in people.DistinctBy(p => EmailAddress.Normalise(p.Email), StringComparer.Ordinal).Chunk(Batch))
            await Invite(batch, invited, ct);
        await transaction.Commit(ct);
        return invited;
    }

    public async Task<long> Add(NewAccount account, CancellationToken ct)
    {
        var now = clock.Now();
        var person = new Person { Id = ids.Next(), Name = Person.CleanName(account.Name), IsOperator = account.IsOperator, CreatedAt = now,
            ConfirmedAt = now };
        var hash = account.Password is { } password ? passwords.Hash(password) : null;
        await using var transaction = await db.BeginWrite(ct);
        db.People.Add(person);
        db.PersonalData.Add(new PersonPii { PersonId = person.Id, EmailCipher = data.SealEmail(account.Email),
            EmailIndex = data.Index(account.Email) });
        if (hash is not null) db.Credentials.Add(new Credential { PersonId = person.Id, PasswordHash = hash, PasswordChangedAt = now });
        try
        {
            await transaction.Commit(ct);
        }
        catch (DbUpdateException error) when (error.IsDuplicate)
        {
            throw Refusal.Conflict("address_taken", "Somebody has an account with this address already.");
        }
        return person.Id;
    }

    /// <summary>An address waiting to be confirmed has an id of its own to be written to: its link's.</summary>
    async Task<MailAddressee?> IAddressBook.Find(long personId, CancellationToken ct)
    {
        if (await Find(personId, ct) is { } person) return person is { Email: { } email, IsClosed: false }
            ? new MailAddressee(person.Name, email) : null;
        await using var command = await db.Command("""
            SELECT p.name, l.email_cipher FROM mail_link l JOIN person p ON p.id = l.person_id
            WHERE l.id = @id AND l.purpose = 'new_address' AND l.used_at IS NULL AND p.closed_at IS NULL
            """, ct, ("id", personId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new MailAddressee(reader.GetString(0), data.OpenEmail((byte[])reader.GetValue(1))) : null;
    }

    private sealed record Fresh(long Id, string Email, string Name, string Index);

    private async Task Invite(NewPerson[] batch, Dictionary<string, InvitedPerson> invited, CancellationToken ct)
    {
        var byIndex = batch.ToDictionary(p => data.Index(p.Email), StringComparer.Ordinal);
        var known = await IdsOf(byIndex.Keys, ct);
        var fresh = byIndex.Where(p => !known.ContainsKey(p.Key))
            .Select(p => new Fresh(ids.Next(), p.Value.Email, Person.CleanName(p.Value.Name), p.Key)).ToList();
        if (fresh.Count > 0)
        {
            if (db.Engine == Engine.Sqlite) await BulkInsert(fresh, ct);
            else await InsertUnlessTaken(fresh, ct);
            known = await IdsOf(byIndex.Keys, ct); // on PostgreSQL a sign-up in the same moment may have taken an address
        }
        var mine = fresh.ConvertAll(f => f.Id).ToHashSet();
        foreach (var (index, id) in known) invited[EmailAddress.Normalise(byIndex[index].Email)] = new InvitedPerson(id, mine.Contains(id));
    }

    private async Task BulkInsert(List<Fresh> fresh, CancellationToken ct)
    {
        var now = clock.Now();
        await using (var writer = await db.BulkInsert("person", ["id", "name", "is_operator", "creator", "created_at", "version"], ct))
        {
            foreach (var person in fresh)
            {
                writer.Int(person.Id);
                writer.Text(person.Name);
                writer.Bool(false);
                writer.Text("none");
                writer.At(now);
                writer.Int(0L);
                writer.EndRow();
            }
            await writer.Complete(ct);
        }
        await using var pii = await db.BulkInsert("person_pii", ["person_id", "email_cipher", "email_index"], ct);
        foreach (var person in fresh)
        {
            pii.Int(person.Id);
            pii.Bytes(data.SealEmail(person.Email));
            pii.Text(person.Index);
            pii.EndRow();
        }
        await pii.Complete(ct);
    }

    private async Task InsertUnlessTaken(List<Fresh> fresh, CancellationToken ct)
    {
        await using var command = await db.Command("""
            WITH taken AS (
                INSERT INTO person_pii (person_id, email_cipher, email_index) SELECT * FROM unnest(@ids, @ciphers, @keys)
                ON CONFLICT (email_index) DO NOTHING RETURNING person_id)
            INSERT INTO person (id, name, is_operator, creator, created_at, version)
            SELECT n.id, n.name, false, 'none', @now, 0 FROM unnest(@ids, @names) AS n (id, name) WHERE n.id IN (SELECT person_id FROM taken)
            """, ct, ("ids", fresh.ConvertAll(f => f.Id).ToArray()), ("ciphers", fresh.ConvertAll(f => data.SealEmail(f.Email)).ToArray()),
            ("keys", fresh.ConvertAll(f => f.Index).ToArray()), ("names", fresh.ConvertAll(f => f.Name).ToArray()), ("now", clock.Now()));
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<Dictionary<string, long>> IdsOf(IReadOnlyCollection<string> indexes, CancellationToken ct)
    {
        var found = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var command = await db.Command($"SELECT email_index, person_id FROM person_pii WHERE {db.Among("email_index")}", ct,
            db.Keys(indexes));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found[reader.GetString(0)] = reader.GetInt64(1);
        return found;
    }

    private async Task<List<PersonInfo>> Read(string sql, (string, object?) parameter, CancellationToken ct)
    {
        await using var command = await db.Command(sql, ct, parameter);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var people = new List<PersonInfo>();
        while (await reader.ReadAsync(ct)) people.Add(Map(reader));
        return people;
    }

    private PersonInfo Map(DbDataReader row) => new(row.GetInt64(0), row.GetString(1),
        row.IsDBNull(4) ? null : data.OpenEmail((byte[])row.GetValue(4)), row.GetBoolean(2), !row.IsDBNull(3))
    {
        CreatedAt = Instant.FromUnixTimeMilliseconds(row.GetInt64(5)), IsConfirmed = !row.IsDBNull(6),
        Language = row.IsDBNull(7) ? null : row.GetString(7),
    };
}
