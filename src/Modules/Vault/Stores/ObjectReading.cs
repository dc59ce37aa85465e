namespace Stipend.Vault.Stores;

/// <summary>
/// An object as a stream one may seek in: each place is asked for when it is read, so the framework's own range handling works over any store
/// and nothing is held in memory.
/// </summary>
internal sealed class ObjectReading(IObjectStore store, string key, long length) : ReadOnlyStream
{
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
        _open ??= await store.Get(key, _position, length - _position, cancellationToken) ?? throw Missing();
        var read = await _open.ReadAsync(buffer, cancellationToken);
        if (read == 0 && buffer.Length > 0) throw new EndOfStreamException($"{key} ends {length - _position} bytes early."); // never a short answer for a whole one
        _position += read;
        return read;
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
