using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stipend.Accounts.Model;
using Stipend.Platform.Http;

namespace Stipend.Accounts.Passkeys;

/// <summary>The framework's passkey handler over our store, and the sealed cookie that keeps what was asked until the browser
/// answers.</summary>
internal sealed class PasskeyRites(PasskeyStore store, IDataProtectionProvider protection, Clock clock, SiteOptions site,
    IServiceProvider services, ILogger<UserManager<Person>> log)
{
    private const string Cookie = "stipend_passkey";
    private static readonly Duration s_time = Duration.FromMinutes(5);
    private readonly IDataProtector _asked = protection.CreateProtector("stipend.accounts.passkey");

    private sealed record Asked(string State, long ExpiresAt);

    public IPasskeyHandler<Person> Handler { get; } = new PasskeyHandler<Person>(
        new UserManager<Person>(store, Options.Create(new IdentityOptions()), null!, [], [], new UpperInvariantLookupNormalizer(),
            new IdentityErrorDescriber(), services, log),
        Options.Create(new IdentityPasskeyOptions
        {
            // A passkey stands for both steps, so its device must check who holds it; and it must be found without typing an address.
            UserVerificationRequirement = "required",
            ResidentKeyRequirement = "required",
            ServerDomain = site.PublicUrl is { } url ? new Uri(url).Host : null,
        }));

    public void Keep(HttpContext context, string? state) =>
        context.SetCookie(Cookie,
            _asked.Protect(JsonSerializer.Serialize(new Asked(state ?? "", (clock.Now() + s_time).ToUnixTimeMilliseconds()))),
            s_time.ToTimeSpan());

    /// <summary>What was asked of this browser; forgotten by asking.</summary>
    /// <exception cref="Refusal">passkey_expired: nothing was asked, or too long ago.</exception>
    public string Take(HttpContext context)
    {
        context.Response.Cookies.Delete(Cookie);
        try
        {
            if (context.Request.Cookies[Cookie] is { Length: > 0 and < 8000 } kept
                && JsonSerializer.Deserialize<Asked>(_asked.Unprotect(kept)) is { } asked
                && asked.ExpiresAt > clock.Now().ToUnixTimeMilliseconds()) return asked.State;
        }
        catch (CryptographicException)
        {
            // not ours
        }
        throw Refusal.Invalid("passkey_expired", "That took too long. Try again.");
    }
}
