using System.Globalization;

namespace Stipend.Platform.Data;

/// <summary>Holds the data folder for this process: SQLite's file has one writer process, enforced here rather than hoped for.</summary>
public sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    /// <exception cref="Refusal">Another process holds the folder, or it cannot be written.</exception>
    public DataFolder(DataOptions options)
    {
        var file = Path.Combine(options.Folder, "stipend.lock");
        try
        {
            Directory.CreateDirectory(options.Folder);
            _lock = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            _lock.SetLength(0);
            _lock.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            _lock.Flush();
        }
        catch (UnauthorizedAccessException)
        {
            throw Refusal.Forbidden($"The data folder {options.Folder} cannot be written. Give this user write access, or choose another with --data DIR.");
        }
        catch (IOException error) when (!error.IsDiskTrouble)
        {
            throw Refusal.Conflict("data_folder_in_use",
                $"The data folder {options.Folder} is in use by another stipend process{Holder(file)}. Stop it first, or choose another folder with --data DIR.");
        }
    }

    public void Dispose() => _lock.Dispose();

    private static string Holder(string file)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd() is { Length: > 0 } pid ? $" (process {pid})" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
