using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Messaging;

namespace Stipend.Platform.Mail;

internal static class MailServices
{
    public static IServiceCollection AddMail(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
            provider.GetRequiredService<IConfiguration>().GetSection("Stipend:Mail").Get<MailOptions>() ?? new MailOptions());
        services.AddScoped<Mailbox>();
        services.AddSingleton<SmtpCarrier>().AddSingleton<MailLines>();
        services.AddScoped<IMailCarrier>(provider =>
            provider.GetRequiredService<MailOptions>().IsConfigured ? provider.GetRequiredService<SmtpCarrier>()
                : provider.GetRequiredService<Mailbox>());
        services.AddConsumer<SendMail, MailDelivery>();
        services.AddAtStart<MailCheck>();
        return services;
    }

    /// <summary>Refuses to start with mail settings that cannot work.</summary>
    private sealed class MailCheck(MailOptions options) : IAtStart
    {
        public Task Start(CancellationToken ct) =>
            options.Fault() is { } fault ? throw Refusal.Invalid("mail_settings", fault) : Task.CompletedTask;
    }
}
