using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Stipend.Platform.Data;
using Stipend.Vault.Stores;

namespace Stipend.Vault.Taking;

/// <summary>
/// Files on their way in, under DATA/vault/incoming, on the disk of the store they first go to. Memory holds one buffer, whatever the size.
/// </summary>
internal sealed class Incoming(DataOptions data, IncomingDisk disk)
{
    private const int BufferBytes = 256 * 1024;
    private readonly ConcurrentDictionary<long, bool> _busy = new();
    private readonly string _folder = Path.Combine(data.Folder, "vault", "incoming");

    public string PathOf(long id) => Path.Combine(_folder, $"{id}{DiskStore.Unfinished}");

    /// <summary>Opens a file for one request alone.</summary>
    /// <exception cref="Refusal"><c>upload_busy</c>: another request is writing it.</exception>
    public Writing Open(long id)
    {
        if (!_busy.TryAdd(id, true)) throw Busy();
        try
        {
            Directory.CreateDirectory(_folder);
            return new Writing(disk.Open(PathOf(id)), disk, () => _busy.TryRemove(id, out _));
        }
        catch (Exception error)
        {
            _busy.TryRemove(id, out _);
            if (error is IOException { HResult: 11 }) throw Busy(); // another process holds it
            throw;
        }
    }

    public void Delete(long id)
    {
        if (Directory.Exists(_folder)) File.Delete(PathOf(id));
    }

    /// <summary>What uploads without a row left when a process died, from before a time.</summary>
    public void DeleteLeftBehind(Instant before)
    {
        if (!Directory.Exists(_folder)) return;
        foreach (var file in new DirectoryInfo(_folder).EnumerateFiles("*" + DiskStore.Unfinished))
            if (Instant.FromDateTimeUtc(file.LastWriteTimeUtc) < before) file.Delete();
    }

    /// <summary>The name of the contents of a file: its keyed hash, in hexadecimal.</summary>
    public static async Task<string> Hash(Stream content, string hashKey, CancellationToken ct)
    {
        using var hash = Keyed(hashKey);
        var buffer = new byte[BufferBytes];
        while (await content.ReadAsync(buffer, ct) is > 0 and var read) hash.AppendData(buffer.AsSpan(0, read));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static IncrementalHash Keyed(string hashKey) => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Convert.FromHexString(hashKey));

    private static Refusal Busy() => new(423, "upload_busy", "This upload is being written by another request. Wait for it, or try again in a moment.");

    /// <summary>An open file on its way in.</summary>
    internal sealed class Writing(FileStream file, IncomingDisk disk, Action close) : IAsyncDisposable
    {
        public long Length => file.Length;

        /// <summary>Takes in a stream up to a total length, hashing on the way.</summary>
        /// <param name="from">The bytes.</param>
        /// <param name="most">How long the file may become.</param>
        /// <param name="hashes">Told every byte.</param>
        /// <param name="written">Told what is safely on the disk, now and then; null when that is of no use.</param>
        /// <param name="ct">Stops it; what came is still written.</param>
        /// <exception cref="Refusal">More came than may, or the disk has no more room.</exception>
        public async Task Receive(Stream from, long most, IReadOnlyList<IncrementalHash> hashes, Func<long, Task>? written, CancellationToken ct)
        {
            const long between = 32 * 1024 * 1024;
            var buffer = new byte[BufferBytes];
            var (length, begun, flushing) = (file.Position, file.Position, Task.CompletedTask);
            while (true)
            {
                var (filled, fault) = await Fill(from, buffer, ct);
                length += filled;
                if (length > most) throw new Refusal(413, "file_too_large", $"This is larger than the {Sizes.Words(most)} that may come. Make it smaller, or split it.");
                foreach (var hash in hashes) hash.AppendData(buffer.AsSpan(0, filled));
                disk.CheckWrite(filled);
                file.Write(buffer, 0, filled); // into the page cache; an asynchronous write is this one on another thread
                if (fault is not null || filled < buffer.Length) await flushing;
                fault?.Throw();
                if (filled < buffer.Length) return;
                if (length - begun < between) continue;
                await flushing;
                if (written is not null) await written(begun);
                begun = length;
                flushing = Task.Run(() => RandomAccess.FlushToDisk(file.SafeFileHandle), CancellationToken.None); // the disk is at work while more comes
            }
        }

        /// <summary>Reads until the buffer is full, the stream ends or the line breaks; what came before counts.</summary>
        private static async Task<(int Filled, ExceptionDispatchInfo? Fault)> Fill(Stream from, byte[] buffer, CancellationToken ct)
        {
            var filled = 0;
            try
            {
                while (filled < buffer.Length && await from.ReadAsync(buffer.AsMemory(filled), ct) is > 0 and var read) filled += read;
                return (filled, null);
            }
            catch (Exception error)
            {
                return (filled, ExceptionDispatchInfo.Capture(error)); // thrown again when what came is written
            }
        }

        /// <summary>Gives room back that nothing counts on.</summary>
        public void CutTo(long offset)
        {
            if (file.Length > offset) file.SetLength(offset);
        }

        /// <summary>Waits until all of it is on the disk.</summary>
        public void Flush() => file.Flush(flushToDisk: true);

        /// <summary>Goes on from an offset; what lies beyond it was never confirmed and is cut off.</summary>
        /// <exception cref="Refusal">Less is here than was confirmed.</exception>
        public void StandAt(long offset)
        {
            if (file.Length < offset) throw new Refusal(410, "upload_lost", "What was uploaded before is no longer there. Start the upload again.");
            file.SetLength(offset);
            file.Position = offset;
        }

        public async Task<string> Hash(string hashKey, CancellationToken ct)
        {
            file.Position = 0;
            return await Incoming.Hash(file, hashKey, ct);
        }

        /// <exception cref="Refusal">Empty, cut off, not what its name says, or a bomb.</exception>
        public Checking.FileFacts Look(string name) => Checking.FileFacts.Read(file, name);

        public async Task<string> Sha256(CancellationToken ct)
        {
            file.Position = 0;
            return Convert.ToBase64String(await SHA256.HashDataAsync(file, ct));
        }

        public async ValueTask DisposeAsync()
        {
            await file.DisposeAsync();
            close();
        }
    }
}
