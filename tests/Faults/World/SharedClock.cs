using System.IO.MemoryMappedFiles;

namespace Stipend.Faults.World;

/// <summary>A wall clock that runs with the real one, as far from it as a mapped file says: every process of a test reads the same.</summary>
internal sealed class SharedClock : TimeProvider, IDisposable
{
    /// <summary>Names the file to a started program.</summary>
    public const string Variable = "STIPEND_FAULTS_CLOCK";

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _offset;

    public SharedClock(string file)
    {
        File = file;
        _file = MemoryMappedFile.CreateFromFile(file, FileMode.OpenOrCreate, null, 2 * sizeof(long));
        _offset = _file.CreateViewAccessor(0, 2 * sizeof(long));
    }

    public string File { get; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddMilliseconds(_offset.ReadInt64(0));

    public Instant Now => Instant.FromDateTimeOffset(GetUtcNow());

    /// <summary>The state of the disk, for the program that is told to have a bad one.</summary>
    public DiskState Disk
    {
        get => (DiskState)_offset.ReadInt64(sizeof(long));
        set => _offset.Write(sizeof(long), (long)value);
    }

    /// <summary>Sets the clock of every process, live ones too.</summary>
    public void Set(Instant to) => _offset.Write(0, (long)(to - Instant.FromDateTimeOffset(System.GetUtcNow())).TotalMilliseconds);

    public void Advance(Duration by) => _offset.Write(0, _offset.ReadInt64(0) + (long)by.TotalMilliseconds);

    public void Dispose()
    {
        _offset.Dispose();
        _file.Dispose();
    }
}
