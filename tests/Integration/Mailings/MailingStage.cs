using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NodaTime;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Posts;
using Stipend.Kernel;
using Stipend.Mailings.Contracts;
using Stipend.Mailings.Sending;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.Posts.Contracts;
using Stipend.Support;

namespace Stipend.Integration.Mailings;

/// <summary>Ada's page beside a mail server that takes the mails about posts; sign-in mails stay in the mailbox.</summary>
internal sealed class MailingStage : IAsyncDisposable
{
    private MailingStage(PostStage posts, SmtpSink sink) => (Posts, Sink) = (posts, sink);

    public const string BounceSecret = "a long enough secret";

    public PostStage Posts { get; }
    public SmtpSink Sink { get; }
    public TestApp App => Posts.App;
    public Mailer Mailer => App.Services.GetRequiredService<Mailer>();

    /// <param name="engine">The engine.</param>
    /// <param name="connections">One makes an order of the letters: that in which people signed up.</param>
    public static async Task<MailingStage> Start(Engine engine, int connections = 4)
    {
        var sink = new SmtpSink();
        var posts = await PostStage.Start(engine, adjust: b =>
        {
            b.Configuration["Stipend:Mailings:PerSecond"] = "100000";
            b.Configuration["Stipend:Mailings:BounceAddress"] = "bounces@example.net";
            b.Configuration["Stipend:Mailings:BounceSecret"] = BounceSecret;
            b.Configuration["Stipend:Mailings:Connections"] = $"{connections}";
            b.Configuration["Stipend:Mailings:PeopleAtOnce"] = "3"; // so that a handful of people is several turns
            b.Services.AddSingleton<MailLines>(s => new ToSink(sink, s.GetRequiredService<SiteOptions>(), s.GetRequiredService<IServiceScopeFactory>()));
        });
        return new MailingStage(posts, sink);
    }

    /// <summary>Publishes, and lets everything happen that is due.</summary>
    public async Task<long> Publishes(string title, string markdown, Audience audience, params ReleaseStep[] later)
    {
        var post = await App.In(s => s.GetRequiredService<IPosts>().Publish(
            new NewPost(Posts.Campaign.Id, Posts.Ada.Id, title, markdown, audience, false, null) { Later = later }));
        await Run();
        return post;
    }

    public async Task Run()
    {
        await App.Drain();
        await Mailer.SendDue();
    }

    /// <summary>Sends what is due, and lets something happen while the mail server has one's letter in hand.</summary>
    /// <param name="name">Whose.</param>
    /// <param name="happens">What.</param>
    /// <param name="ct">Stops the sending.</param>
    public async Task RunWhile(string name, Func<Task> happens, CancellationToken ct = default)
    {
        await App.Drain();
        using var goOn = new ManualResetEventSlim();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Sink.Says = (verb, to) =>
        {
            if (verb != "RCPT" || !to.Contains($"<{name}@", StringComparison.Ordinal)) return null;
            reached.TrySetResult();
            goOn.Wait(CancellationToken.None);
            return null;
        };
        var sending = Mailer.SendDue(ct);
        await Task.WhenAny(reached.Task, sending);
        try
        {
            if (!reached.Task.IsCompleted) throw new InvalidOperationException($"{name} was sent nothing.");
            await happens();
        }
        finally
        {
            goOn.Set();
        }
        await sending;
        Sink.Says = null;
    }

    public Task<T> Queue<T>(Func<MailingQueue, Task<T>> work) => App.In(s => work(s.GetRequiredService<MailingQueue>()));

    /// <summary>Who was mailed a post, by address, sorted.</summary>
    public string MailedTo(string title) => string.Join(' ', Sink.Mails.Where(m => m.Header("Subject") == title)
        .Select(m => m.To[(m.To.IndexOf('<') + 1)..m.To.IndexOf('@')]).Order(StringComparer.Ordinal));

    /// <summary>“sent 2, waiting 1”: a post's rows by state.</summary>
    public async Task<string> States(long post) => await App.In(async s =>
    {
        var found = new List<string>();
        await using var command = await s.GetRequiredService<Db>().Command(
            "SELECT state, COALESCE(reason, ''), COUNT(*) FROM mailing_recipient WHERE post_id = @post GROUP BY 1, 2 ORDER BY 1, 2", default, ("post", post));
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) found.Add($"{reader.GetString(0)}{(reader.GetString(1) is { Length: > 0 } why ? $" ({why})" : "")} {reader.GetInt64(2)}");
        return string.Join(", ", found);
    });

    public async ValueTask DisposeAsync()
    {
        await Posts.DisposeAsync();
        await Sink.DisposeAsync();
    }

    private sealed class ToSink(SmtpSink sink, SiteOptions site, IServiceScopeFactory scopes) : MailLines(new MailOptions(), site, scopes)
    {
        private readonly SiteOptions _site = site;

        public override IMailLine Open(long bookId) => bookId != Book.Live ? base.Open(bookId)
            : new SmtpLine(new MailOptions { Host = "127.0.0.1", Port = sink.Port, StartTls = false, From = "post@example.net" }, _site);
    }
}
