namespace Stipend.Vault.Stores;

/// <summary>
/// An object as a stream one may seek in: each place is asked for when it is read, so the framework's own range handling works over any store
/// and nothing is held in memory.
/// </summary>
/// <param name="store">Where it lies.</param>
/// <param name="key">Its name there.</param>
/// <param name="length">Its size.</param>
/// <param name="otherwise">Where the same bytes may lie too, asked when they cannot be had there.</param>
internal sealed class ObjectReading(IObjectStore store, string key, long length,
    Func<CancellationToken, Task<(IObjectStore Store, string Key)?>>? otherwise = null) : ReadOnlyStream
{
    private IObjectStore _store = store;
    private string _key = key;
    private Stream? _open;
    private long _position;

    public override bool CanSeek => true;
    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            if (value == _position) return;
            _position = value;
            _open?.Dispose();
            _open = null;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= length) return 0;
        _open ??= await Open(cancellationToken);
        var read = await _open.ReadAsync(buffer, cancellationToken);
        if (read == 0 && buffer.Length > 0) throw new EndOfStreamException($"{_key} ends {length - _position} bytes early."); // never a short answer for a whole one
        _position += read;
        return read;
    }

    private async Task<Stream> Open(CancellationToken ct)
    {
        try
        {
            return await _store.Get(_key, _position, length - _position, ct) ?? throw Missing();
        }
        catch (Refusal) when (otherwise is not null)
        {
            if (await otherwise(ct) is not { } other || await other.Store.Get(other.Key, _position, length - _position, ct) is not { } found) throw;
            (_store, _key) = other;
            return found;
        }
    }

    /// <summary>Said before an answer has begun, since headers leave with the first bytes.</summary>
    private static Refusal Missing() => new(503, "file_missing",
        "The bytes of this file are not in their store. Tell the operator, who finds out more with “stipend vault scrub”.");

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };

    protected override void Dispose(bool disposing)
    {
        if (disposing) _open?.Dispose();
        base.Dispose(disposing);
    }
}
