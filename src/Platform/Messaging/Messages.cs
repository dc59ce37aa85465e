using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Time;

namespace Stipend.Platform.Messaging;

/// <summary>What a consumer is told beside the message itself. <see cref="Now"/> is the present in the message's book.</summary>
public sealed record MessageContext(long Id, long BookId, Instant Now, int Attempt);

/// <summary>Consumes a message inside one write transaction: its effect in the database happens once, however often it is
/// delivered.</summary>
public interface IHandle<in T>
{
    Task Handle(T message, MessageContext context, CancellationToken ct);
}

/// <summary>Works on a message outside any transaction, at least once: for calls over the network. Must be safe to repeat.</summary>
public interface IPerform<in T>
{
    Task Perform(T message, MessageContext context, CancellationToken ct);
}

/// <summary>Runs once when the site has migrated and before it serves; must be safe to repeat.</summary>
public interface IAtStart
{
    Task Start(CancellationToken ct);
}

/// <summary>
/// Frees what a predecessor of this process held when it died, where there can be no other that still works on it: on SQLite, once this process holds
/// the data folder. Elsewhere a lease runs out by itself.
/// </summary>
public interface ITakeOver
{
    Task TakeOver(CancellationToken ct);
}

/// <summary>One consumer of one message type.</summary>
internal sealed record Subscription(string Consumer, Type Message, Type Handler, bool InTransaction,
    Func<object, object, MessageContext, CancellationToken, Task> Invoke);

/// <summary>Who consumes what; filled while services are registered.</summary>
public sealed class Subscriptions
{
    private readonly Dictionary<Type, List<Subscription>> _byMessage = [];
    private readonly Dictionary<string, Subscription> _byConsumer = new(StringComparer.Ordinal);
    private readonly List<string> _performers = [];

    internal void Add(Subscription subscription)
    {
        _byConsumer.Add(subscription.Consumer, subscription);
        if (!_byMessage.TryGetValue(subscription.Message, out var list)) _byMessage[subscription.Message] = list = [];
        list.Add(subscription);
        if (!subscription.InTransaction) _performers.Add(subscription.Consumer);
    }

    internal IReadOnlyList<Subscription> Of(Type message) => _byMessage.TryGetValue(message, out var list) ? list : [];
    internal Subscription? Find(string consumer) => _byConsumer.GetValueOrDefault(consumer);

    /// <summary>The consumers that work outside transactions.</summary>
    internal IReadOnlyList<string> Performers => _performers;
}

/// <summary>Registers consumers.</summary>
public static class MessagingServices
{
    /// <summary>Registers a consumer. Its stored name is “Namespace-tail.Class”, so a rename of the class is a migration of the
    /// queue.</summary>
    public static IServiceCollection AddConsumer<TMessage, TConsumer>(this IServiceCollection services) where TConsumer : class
    {
        var handler = typeof(TConsumer);
        var inTransaction = typeof(IHandle<TMessage>).IsAssignableFrom(handler);
        if (!inTransaction && !typeof(IPerform<TMessage>).IsAssignableFrom(handler))
            throw new InvalidOperationException($"{handler.Name} neither handles nor performs {typeof(TMessage).Name}.");
        services.AddScoped<TConsumer>();
        Registry(services).Add(new Subscription($"{handler.Namespace!.Replace("Stipend.", "")}.{handler.Name}:{typeof(TMessage).Name}",
            typeof(TMessage), handler, inTransaction, inTransaction
                ? (consumer, message, context, ct) => ((IHandle<TMessage>)consumer).Handle((TMessage)message, context, ct)
                : (consumer, message, context, ct) => ((IPerform<TMessage>)consumer).Perform((TMessage)message, context, ct)));
        return services;
    }

    public static IServiceCollection AddAtStart<T>(this IServiceCollection services) where T : class, IAtStart =>
        services.AddScoped<IAtStart, T>();

    private static Subscriptions Registry(IServiceCollection services)
    {
        if (services.FirstOrDefault(s =>
            s.ServiceType == typeof(Subscriptions))?.ImplementationInstance is Subscriptions found) return found;
        var registry = new Subscriptions();
        services.AddSingleton(registry);
        return registry;
    }

    /// <summary>The outbox, the jobs and the pump.</summary>
    public static IServiceCollection AddMessaging(this IServiceCollection services)
    {
        Registry(services);
        services.AddScoped<Outbox>();
        services.AddScoped<MessageStore>();
        services.AddScoped<ITakeOver, MessageStore>();
        services.AddScoped<Delivery>();
        services.AddScoped<ParkedMessages>();
        services.AddScoped<Progress>();
        services.AddScoped<Upkeep>();
        services.AddSingleton<MessageRunner>();
        services.AddSingleton<WakeUp>().AddSingleton(typeof(WakeUp<>));
        services.AddHostedService<PostgresListener>();
        services.AddHostedService<MessagePump>();
        services.AddSingleton<Janitor>().AddHostedService(s => s.GetRequiredService<Janitor>());
        services.AddScoped<IErasesBook, EraseMessages.First>();
        services.AddScoped<IErasesBook, EraseMessages.Last>();
        return services;
    }
}
