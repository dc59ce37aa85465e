using System.Globalization;

namespace Stipend.Platform.Data;

/// <summary>
/// Holds the data folder for this process: SQLite's file has one writer process, enforced here rather than hoped for.
/// The lock is on stipend.lock and ends with the process, however it ends; stipend.pid only tells people who holds it
/// (a locked file cannot be read by others).
/// </summary>
public sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;
    private readonly string _holderFile;

    /// <param name="options">Where it is.</param>
    /// <param name="duringRestore">A restore may take up what an interrupted one left; nobody else may start on it.</param>
    /// <exception cref="Refusal">Another process holds the folder, it cannot be written, or a restore did not end.</exception>
    public DataFolder(DataOptions options, bool duringRestore = false)
    {
        _holderFile = Path.Combine(options.Folder, "stipend.pid");
        try
        {
            Make(options.Folder);
            _lock = Take(options.Folder);
            if (!duringRestore && Directory.Exists(Path.Combine(options.Folder, Backups.BackupReader.Staging)))
            {
                _lock.Dispose();
                throw Refusal.Conflict("restore_interrupted",
                    $"A restore into {options.Folder} was interrupted. Run “stipend restore FILE --force” again; the old data is safe.");
            }
            File.WriteAllText(_holderFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (UnauthorizedAccessException)
        {
            throw Refusal.Forbidden($"The data folder {options.Folder} cannot be written. Give this user write access, or choose another with --data DIR.");
        }
    }

    public void Dispose()
    {
        try
        {
            File.Delete(_holderFile);
        }
        catch (DirectoryNotFoundException)
        {
            // a restore that was refused took its new folder away again
        }
        catch (IOException)
        {
            // the next holder writes it anew
        }
        _lock.Dispose();
    }

    /// <summary>New folders are for this user alone: they hold keys and people's data.</summary>
    private static void Make(string folder)
    {
        if (Directory.Exists(folder)) return;
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (IOException error) when (!error.IsDiskTrouble)
        {
            throw Refusal.Invalid("data_folder",
                $"The data folder {folder} cannot be made: something else has that name. Choose another with --data DIR.");
        }
    }

    private FileStream Take(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, "stipend.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (!error.IsDiskTrouble)
        {
            throw Refusal.Conflict("data_folder_in_use",
                $"The data folder {folder} is in use by another stipend process{Holder()}. Stop it first, or choose another folder with --data DIR.");
        }
    }

    private string Holder()
    {
        try
        {
            return File.ReadAllText(_holderFile) is { Length: > 0 } pid ? $" (process {pid.Trim()})" : "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
