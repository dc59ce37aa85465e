using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Stipend.Platform.Security;

/// <summary>Random names and tokens: the text goes out, only its hash is kept. 256 random bits need no slow hash.</summary>
public static class Secret
{
    /// <summary>A random text that may stand in an address.</summary>
    public static string Make(int bytes = 32) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));

    /// <summary>What is kept of a secret.</summary>
    public static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>Whether a text is the secret of a hash, in a time that tells nothing.</summary>
    public static bool Fits(string text, byte[] hash) => CryptographicOperations.FixedTimeEquals(Hash(text), hash);
}
