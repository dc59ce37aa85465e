namespace Stipend.Mailings.Sending;

/// <summary>Tells the mailer of this process that something waits; its looking now and then is only the net.</summary>
internal sealed class MailerBell
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Ring() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>Ends at the next ring.</summary>
    public Task Next => Volatile.Read(ref _next).Task;
}
