using Stipend.Platform.Data;

namespace Stipend.Vault.Taking;

/// <summary>
/// The disk files come in on, and the room that stays free there: the data file lies on it too, and a site that cannot write a row cannot even
/// say how far an upload got. A test makes it smaller than it is.
/// </summary>
internal class IncomingDisk(DataOptions data)
{
    private const long MostReserve = 1_000_000_000;

    /// <summary>Bytes free to this user, and bytes in all.</summary>
    protected virtual (long Free, long Total) Space
    {
        get
        {
            var drive = new DriveInfo(data.Folder);
            return (drive.AvailableFreeSpace, drive.TotalSize);
        }
    }

    /// <summary>Opens a file on its way in, or makes it.</summary>
    public virtual FileStream Open(string path) => new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 0);

    /// <summary>Before bytes are sent for nothing.</summary>
    /// <exception cref="Refusal"><c>disk_full</c>: with so many bytes more, less than a twentieth of the disk would be free.</exception>
    public void CheckRoom(long bytes)
    {
        if (!Holds(bytes, 1))
            throw new Refusal(507, "disk_full", $"The disk of this site has no room for these {Sizes.Words(bytes)}, so nothing was taken. Ask the operator to make room, then send the file again.");
    }

    /// <summary>While bytes come: half of the reserve is for who had room when they began.</summary>
    /// <exception cref="Refusal"><c>disk_full</c>: others filled the disk meanwhile.</exception>
    public void CheckWrite(long bytes)
    {
        if (!Holds(bytes, 2)) throw new Refusal(507, "disk_full", "The disk of this site is full, so this file was not taken. Ask the operator to make room, then send it again.");
    }

    private bool Holds(long bytes, int part)
    {
        var (free, total) = Space;
        return free - bytes >= Math.Min(MostReserve, total / 20) / part;
    }
}
