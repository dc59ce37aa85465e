using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Stipend.Ledger.Model;

/// <summary>
/// The SHA-256 of a journal with all its transfers, accounts named by what they are rather than by id. Written when it is posted,
/// recomputed by the check, and what the hash chain of closed periods is made of. Reuse one instance: it keeps its buffer.
/// </summary>
internal sealed class Seal
{
    private byte[] _bytes = new byte[1024];
    private int _length;

    /// <summary>Begins a journal; the encoding is part of the format and never changes.</summary>
    public void Journal(long id, long bookId, string kind, long refId, string currency, long effectiveAtMs, string effectiveOn,
        long? reversesId)
    {
        _length = 0;
        Text("stipend journal 1");
        Int(id);
        Int(bookId);
        Text(kind);
        Int(refId);
        Text(currency);
        Int(effectiveAtMs);
        Text(effectiveOn);
        Int(reversesId ?? 0);
    }

    public void Transfer(long seq, string debitKind, long debitOwner, string creditKind, long creditOwner, long amountMinor)
    {
        Int(seq);
        Text(debitKind);
        Int(debitOwner);
        Text(creditKind);
        Int(creditOwner);
        Int(amountMinor);
    }

    public byte[] Hash() => SHA256.HashData(_bytes.AsSpan(0, _length));

    private void Int(long value)
    {
        Room(8);
        BinaryPrimitives.WriteInt64BigEndian(_bytes.AsSpan(_length), value);
        _length += 8;
    }

    private void Text(string value)
    {
        var size = Encoding.UTF8.GetByteCount(value);
        Int(size);
        Room(size);
        _length += Encoding.UTF8.GetBytes(value, _bytes.AsSpan(_length));
    }

    private void Room(int size)
    {
        if (_length + size > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + size));
    }
}

/// <summary>The running head of a book's hash chain: one period's seals, in order of day and id, over the head before it.</summary>
internal sealed class ChainLink : IDisposable
{
    /// <summary>What the first close of a book builds on.</summary>
    public const string Origin = "0000000000000000000000000000000000000000000000000000000000000000";

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public ChainLink(long bookId, string period, string previousHash) =>
        _hash.AppendData(Encoding.ASCII.GetBytes($"stipend close 1\n{bookId}\n{period}\n{previousHash}\n"));

    public void Add(byte[] seal) => _hash.AppendData(seal);
    public string Head() => Convert.ToHexStringLower(_hash.GetHashAndReset());
    public void Dispose() => _hash.Dispose();
}
