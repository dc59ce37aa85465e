using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Stipend.Conventions;

/// <summary>The page of settings names every setting there is, and none that is not.</summary>
public sealed partial class SettingPageTests
{
    private static readonly (string Section, string File)[] s_options =
    [
        ("Site", "src/Platform/Http/SiteOptions.cs"), ("Http", "src/Platform/Http/WebLimits.cs"), ("Mail", "src/Platform/Mail/MailOptions.cs"),
        ("Accounts", "src/Modules/Accounts/Contracts/AccountsOptions.cs"), ("Billing", "src/Modules/Billing/BillingOptions.cs"),
        ("Stripe", "src/Modules/Billing/Contracts/StripeOptions.cs"), ("Posts", "src/Modules/Posts/Model/PostsOptions.cs"),
        ("Vault", "src/Modules/Vault/Model/VaultOptions.cs"), ("Comments", "src/Modules/Comments/Contracts/CommentsOptions.cs"),
        ("Mailings", "src/Modules/Mailings/Contracts/MailingsOptions.cs"),
        ("Apps", "src/Modules/Apps/Contracts/AppsOptions.cs"),
    ];

    [Fact]
    public void Every_setting_is_on_the_page_and_the_page_names_no_other()
    {
        var exist = s_options.SelectMany(o => Property().Matches(Repository.Read(o.File)).Select(m => $"Stipend__{o.Section}__{m.Groups[1].Value}"))
            .Concat(["Stipend__TestGateway__Url", "Stipend__TestGateway__Key", "Stipend__TestGateway__WebhookSecret"]);
        var named = Row().Matches(Repository.Read("docs/reference/settings.md")).Select(m => m.Groups[1].Value);
        named.ShouldBe(exist, ignoreOrder: true);
    }

    [GeneratedRegex(@"public [\w\[\]?]+ (\w+) \{ get; (?:init|set); \}")]
    private static partial Regex Property();

    [GeneratedRegex(@"^\| `(Stipend__\w+?__\w+)`", RegexOptions.Multiline)]
    private static partial Regex Row();
}
