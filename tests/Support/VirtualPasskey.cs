using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stipend.Support;

/// <summary>A device with one passkey (ES256, no attestation), answering the site's questions as a browser would pass them on.</summary>
public sealed class VirtualPasskey : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _id = RandomNumberGenerator.GetBytes(32);
    private byte[] _user = [];
    private uint _count;

    /// <summary>The page the device believes to be on.</summary>
    public string Origin { get; set; } = "http://localhost";

    /// <summary>Whether the device checks who holds it.</summary>
    public bool VerifiesUser { get; set; } = true;

    public string Create(string options)
    {
        using var json = JsonDocument.Parse(options);
        _user = Base64Url.DecodeFromChars(json.RootElement.GetProperty("user").GetProperty("id").GetString());
        var client = Client("webauthn.create", json);
        var parameters = _key.ExportParameters(false);
        var cose = new CborWriter();
        cose.WriteStartMap(5);
        cose.WriteInt32(1); cose.WriteInt32(2);
        cose.WriteInt32(3); cose.WriteInt32(-7);
        cose.WriteInt32(-1); cose.WriteInt32(1);
        cose.WriteInt32(-2); cose.WriteByteString(parameters.Q.X!);
        cose.WriteInt32(-3); cose.WriteByteString(parameters.Q.Y!);
        cose.WriteEndMap();
        byte[] length = [0, (byte)_id.Length];
        var data = (byte[])[.. AuthenticatorData(json.RootElement.GetProperty("rp").GetProperty("id").GetString()!, attested: true),
            .. new byte[16], .. length, .. _id, .. cose.Encode()];
        var attestation = new CborWriter();
        attestation.WriteStartMap(3);
        attestation.WriteTextString("fmt"); attestation.WriteTextString("none");
        attestation.WriteTextString("attStmt"); attestation.WriteStartMap(0); attestation.WriteEndMap();
        attestation.WriteTextString("authData"); attestation.WriteByteString(data);
        attestation.WriteEndMap();
        return Credential(new JsonObject { ["clientDataJSON"] = Text(client), ["attestationObject"] = Text(attestation.Encode()),
            ["transports"] = new JsonArray("internal") });
    }

    public string Get(string options)
    {
        using var json = JsonDocument.Parse(options);
        var client = Client("webauthn.get", json);
        var data = AuthenticatorData(json.RootElement.GetProperty("rpId").GetString()!, attested: false);
        var signature = _key.SignData([.. data, .. SHA256.HashData(client)], HashAlgorithmName.SHA256,
            DSASignatureFormat.Rfc3279DerSequence);
        return Credential(new JsonObject { ["clientDataJSON"] = Text(client), ["authenticatorData"] = Text(data),
            ["signature"] = Text(signature), ["userHandle"] = Text(_user) });
    }

    /// <summary>Forgets how often it was used, as a copy of the key would.</summary>
    public void Rewind() => _count = 0;

    public void Dispose() => _key.Dispose();

    private byte[] Client(string type, JsonDocument options) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        type, challenge = options.RootElement.GetProperty("challenge").GetString(), origin = Origin, crossOrigin = false,
    });

    private byte[] AuthenticatorData(string relyingParty, bool attested)
    {
        var data = new byte[37];
        SHA256.HashData(Encoding.UTF8.GetBytes(relyingParty), data);
        data[32] = (byte)(1 | (VerifiesUser ? 4 : 0) | (attested ? 64 : 0));
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(33), ++_count);
        return data;
    }

    private string Credential(JsonObject response) => new JsonObject
    {
        ["id"] = Text(_id), ["rawId"] = Text(_id), ["type"] = "public-key", ["response"] = response,
            ["clientExtensionResults"] = new JsonObject(),
    }.ToJsonString();

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
