using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Mail;

namespace Stipend.Support;

public sealed partial class TestApp
{
    /// <summary>The mails sent so far, oldest first, after running what messages are due (mail travels by message).</summary>
    /// <param name="personId">Only this person's, or null for everybody's.</param>
    public async Task<IReadOnlyList<CapturedMail>> Mails(long? personId = null)
    {
        await Drain();
        return await In(async services => (await services.GetRequiredService<Mailbox>().List(personId)).Reverse().ToList());
    }
}
