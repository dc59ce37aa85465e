using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Stipend.Platform.Ui;

/// <summary>
/// The files under wwwroot, built into the program and served under addresses that name their content
/// (<c>/assets/css/site.1f0c…css</c>), so browsers keep them for ever. All of <c>css/</c> becomes one sheet, <c>css/site.css</c>;
/// every <c>js/NAME.js</c> is importable as <c>stipend/NAME</c>.
/// </summary>
public sealed class Assets
{
    private const string Prefix = "wwwroot/";
    private const string Sheet = "css/site.css";
    private readonly string? _folder;
    private volatile Shelf _shelf;

    /// <param name="assembly">Holds the files as resources named <c>wwwroot/…</c>.</param>
    /// <param name="folder">While developing: the folder to read instead, so that an edit shows on reload.</param>
    public Assets(Assembly assembly, string? folder = null)
    {
        _folder = folder is not null && Directory.Exists(folder) ? folder : null;
        _shelf = _folder is null ? new Shelf(Embedded(assembly), 0) : FromFolder(_folder);
    }

    /// <summary>The address of a file by its path under wwwroot.</summary>
    public string Url(string path) => Current().ByPath.TryGetValue(path, out var file)
        ? file.Url
        : throw new InvalidOperationException($"wwwroot has no file {path}.");

    /// <summary>The import map: <c>stipend/NAME</c> for every module.</summary>
    public string ImportMap => Current().ImportMap;

    /// <summary>The Content-Security-Policy source that allows exactly this import map: <c>'sha256-…'</c>.</summary>
    public string ImportMapSource => Current().ImportMapSource;

    internal AssetFile? Find(string url) => Current().ByUrl.GetValueOrDefault(url);

    private Shelf Current()
    {
        if (_folder is null) return _shelf;
        var stamp = Stamp(_folder);
        if (stamp != _shelf.Stamp) _shelf = FromFolder(_folder);
        return _shelf;
    }

    private static Dictionary<string, byte[]> Embedded(Assembly assembly)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            files[name[Prefix.Length..].Replace('\\', '/')] = bytes;
        }
        return files;
    }

    private static Shelf FromFolder(string folder)
    {
        var stamp = Stamp(folder);
        return new Shelf(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(folder, f).Replace('\\', '/'), File.ReadAllBytes), stamp);
    }

    private static long Stamp(string folder)
    {
        long stamp = 0;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
            stamp = unchecked(stamp * 31 + file.LastWriteTimeUtc.Ticks + file.Length);
        return stamp;
    }

    /// <summary>One reading of all files.</summary>
    private sealed class Shelf
    {
        internal Shelf(Dictionary<string, byte[]> files, long stamp)
        {
            Stamp = stamp;
            files[Sheet] = Joined(files);
            ByPath = files.ToFrozenDictionary(f => f.Key, f => new AssetFile(f.Key, f.Value), StringComparer.Ordinal);
            ByUrl = ByPath.Values.ToFrozenDictionary(f => f.Url, StringComparer.Ordinal);
            var imports = ByPath.Values.Where(f => f.Path.StartsWith("js/", StringComparison.Ordinal))
                .OrderBy(f => f.Path, StringComparer.Ordinal)
                .ToDictionary(f => "stipend/" + Path.GetFileNameWithoutExtension(f.Path), f => f.Url, StringComparer.Ordinal);
            ImportMap = JsonSerializer.Serialize(new { imports });
            ImportMapSource = $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(ImportMap)))}'";
        }

        internal long Stamp { get; }
        internal FrozenDictionary<string, AssetFile> ByPath { get; }
        internal FrozenDictionary<string, AssetFile> ByUrl { get; }
        internal string ImportMap { get; }
        internal string ImportMapSource { get; }

        /// <summary>Layers decide what wins, so the order of the parts only matters for the first: it names the layers.</summary>
        private static byte[] Joined(Dictionary<string, byte[]> files)
        {
            using var joined = new MemoryStream();
            var parts = files.Keys.Where(p =>
                p.StartsWith("css/", StringComparison.Ordinal) && p.EndsWith(".css", StringComparison.Ordinal) && p != Sheet)
                .OrderBy(p => p, StringComparer.Ordinal);
            foreach (var part in parts)
            {
                joined.Write(files[part]);
                joined.WriteByte((byte)'\n');
            }
            return joined.ToArray();
        }
    }
}

/// <summary>One file with its fingerprinted address; compressed when first asked for.</summary>
internal sealed class AssetFile
{
    private readonly Lazy<byte[]> _brotli;
    private readonly Lazy<byte[]> _gzip;

    internal AssetFile(string path, byte[] bytes)
    {
        Path = path;
        Bytes = bytes;
        Tag = Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 6));
        var dot = path.LastIndexOf('.');
        Url = $"/assets/{path[..dot]}.{Tag}{path[dot..]}";
        _brotli = new(() => Pack(s => new BrotliStream(s, CompressionLevel.SmallestSize)));
        _gzip = new(() => Pack(s => new GZipStream(s, CompressionLevel.SmallestSize)));
    }

    internal string Path { get; }
    internal string Url { get; }
    internal string Tag { get; }
    internal byte[] Bytes { get; }
    internal byte[] Brotli => _brotli.Value;
    internal byte[] Gzip => _gzip.Value;

    internal string Type => System.IO.Path.GetExtension(Path) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".json" or ".webmanifest" => "application/json; charset=utf-8",
        ".png" => "image/png",
        ".webp" => "image/webp",
        ".woff2" => "font/woff2",
        _ => "application/octet-stream",
    };

    internal bool Compresses =>
        Type.StartsWith("text/", StringComparison.Ordinal) || Type.Contains("json", StringComparison.Ordinal)
        || Type.Contains("svg", StringComparison.Ordinal);

    private byte[] Pack(Func<Stream, Stream> packer)
    {
        using var packed = new MemoryStream();
        using (var stream = packer(packed)) stream.Write(Bytes);
        return packed.ToArray();
    }
}
