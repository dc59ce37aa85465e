using Stipend.Accounts.Contracts;
using Stipend.Platform.Http;

namespace Stipend.Accounts.Model;

/// <summary>Fields several forms of this module have.</summary>
internal static class Fields
{
    extension(FormInput input)
    {
        public string Email(string name = "email")
        {
            var email = input.Required(name, 254);
            if (email.Length is > 0 and <= 254 && !EmailAddress.IsValid(email)) input.Wrong(name,
                "This is not a mail address. It looks like name@example.org.");
            return email;
        }

        public string PersonName(string name = "name") => input.Required(name, Person.MaxNameLength);

        /// <summary>A new password as typed, spaces included; null when optional and absent.</summary>
        public string? NewPassword(string email, string personName, bool required, string name = "password")
        {
            var password = input.Verbatim(name);
            if (password.Length == 0 && !required) return null;
            if (Passwords.Fault(password, email, personName) is { } fault) input.Wrong(name, fault);
            return password;
        }
    }
}
