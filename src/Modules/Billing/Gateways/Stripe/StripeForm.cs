using System.Globalization;
using System.Text;

namespace Stipend.Billing.Gateways.Stripe;

/// <summary>The body of a request to Stripe: a form, in the order it was written. The same fields always make the same bytes.</summary>
internal sealed class StripeForm
{
    private readonly StringBuilder _body = new();

    public StripeForm With(string name, string? value)
    {
        if (value is null) return this;
        if (_body.Length > 0) _body.Append('&');
        _body.Append(Escape(name)).Append('=').Append(Uri.EscapeDataString(value));
        return this;
    }

    public StripeForm With(string name, long value) => With(name, value.ToString(CultureInfo.InvariantCulture));

    public override string ToString() => _body.ToString();

    // Brackets stay as they are, so that stored requests can be read by a person.
    private static string Escape(string name) => Uri.EscapeDataString(name).Replace("%5B", "[", StringComparison.Ordinal)
        .Replace("%5D", "]", StringComparison.Ordinal);
}
