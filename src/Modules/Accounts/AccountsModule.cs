using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Accounts.Contracts;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;

namespace Stipend.Accounts;

/// <summary>The front door of Accounts: people, how they prove to be themselves, and their privacy.</summary>
public static class AccountsModule
{
    public static IServiceCollection AddAccounts(this IServiceCollection services)
    {
        services.AddModel<AccountsModel>("accounts");
        services.AddOptions<AccountsOptions>().BindConfiguration("Stipend:Accounts").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<PersonalData>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<Throttle>();
        services.AddSingleton<SessionCache>();
        services.AddSingleton<SessionUse>();
        services.AddHostedService(provider => provider.GetRequiredService<SessionUse>());
        services.AddScoped<People>();
        services.AddScoped<IPeople>(provider => provider.GetRequiredService<People>());
        services.AddScoped<IAddressBook>(provider => provider.GetRequiredService<People>());
        services.AddScoped<CreatorPolicy>();
        services.AddScoped<ICreatorPolicy>(provider => provider.GetRequiredService<CreatorPolicy>());
        services.AddScoped<Model.Sessions>();
        services.AddScoped<MailLinks>();
        services.AddScoped<AttemptGuard>();
        services.AddScoped<Entrance>();
        services.AddScoped<Proof>();
        services.AddScoped<RecoveryCodes>();
        services.AddScoped<Passkeys.PasskeyStore>();
        services.AddScoped<Passkeys.PasskeyRites>();
        services.AddAtStart<PersonalData.LoadKey>();
        services.AddAtStart<Setup.Setup.LoadName>();
        services.AddSingleton<IGreeting, Setup.Setup.Greeting>();
        return services;
    }

    /// <summary>Sets the viewer of each request from its session. A page asked by a visitor costs nothing.</summary>
    public static IApplicationBuilder UseAccounts(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        if (context.SessionToken() is { } token)
        {
            var sessions = context.RequestServices.GetRequiredService<Model.Sessions>();
            if (await sessions.Find(token, context.RequestAborted) is { } session)
            {
                context.RequestServices.GetRequiredService<SessionCache>().Used(session, Reader.LanguageOf(context));
                context.Features.Set(session);
                context.SetViewer(new Viewer(session.PersonId, session.Name, session.IsOperator));
            }
        }
        await next(context);
    });

    public static IEndpointRouteBuilder MapAccounts(this IEndpointRouteBuilder app)
    {
        Setup.Setup.Map(app);
        SignUp.SignUp.Map(app);
        SignIn.SignIn.Map(app);
        SignIn.MailedLink.Map(app);
        SignIn.SecondStep.Map(app);
        SignIn.SignOut.Map(app);
        Passkeys.PasskeyPages.Map(app);
        Security.SecurityPages.Map(app);
        Security.Authenticator.Map(app);
        SessionList.SessionPages.Map(app);
        Profile.ProfilePages.Map(app);
        Profile.ChangeEmail.Map(app);
        Profile.Export.Map(app);
        Leave.CloseAccount.Map(app);
        Creators.CreatorPages.Map(app);
        return app;
    }
}
