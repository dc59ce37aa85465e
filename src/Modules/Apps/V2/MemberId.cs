using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Stipend.Apps.V2;

/// <summary>
/// A member's UUID: their id beside 59 bits made from it, so that it never changes, needs no table and cannot be mistaken for another. It
/// bears version 5 (made from a name) because clients that check a UUID know no later one.
/// </summary>
internal static class MemberId
{
    public static string Of(long id)
    {
        var bits = ((UInt128)(ulong)id << 59) | Check(id);
        var value = (bits >> 74 << 80) | ((UInt128)5 << 76) | ((bits >> 62 & 0xFFF) << 64) | ((UInt128)2 << 62) | (bits & (((UInt128)1 << 62) - 1));
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>The id a UUID was made from; null when it is none of ours.</summary>
    public static long? Read(string text)
    {
        if (!Guid.TryParseExact(text, "D", out var guid)) return null;
        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        var value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        var bits = (value >> 80 << 74) | ((value >> 64 & 0xFFF) << 62) | (value & (((UInt128)1 << 62) - 1));
        var id = (long)(ulong)(bits >> 59);
        return id > 0 && Of(id) == text ? id : null;
    }

    private static UInt128 Check(long id)
    {
        Span<byte> named = stackalloc byte[16];
        "stipend "u8.CopyTo(named);
        BinaryPrimitives.WriteInt64BigEndian(named[8..], id);
        return BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(named)) >> 5;
    }
}
