using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Stipend.Accounts.Model;

/// <summary>Random tokens for links and cookies: the text goes out, only the hash is kept. 256 random bits need no slow hash.</summary>
internal static class Secret
{
    public static string Make() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
    public static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
