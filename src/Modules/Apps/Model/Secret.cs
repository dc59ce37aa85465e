using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Stipend.Apps.Model;

/// <summary>Random names and tokens: the text goes out, only its hash is kept. 256 random bits need no slow hash.</summary>
internal static class Secret
{
    public static string Make(int bytes = 32) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));
    public static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
    public static bool Fits(string text, byte[] hash) => CryptographicOperations.FixedTimeEquals(Hash(text), hash);

    /// <summary>A challenge of RFC 7636 from its verifier, method S256.</summary>
    public static string Challenge(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
}
