using Microsoft.Extensions.DependencyInjection;
using Stipend.Billing.Contracts;

namespace Stipend.Simulation;

/// <summary>What somebody has just asked for, whether or not it came to be.</summary>
internal abstract record Intent;
internal sealed record JoinIntent(long PatronId, Payee Payee, long Minor, PledgeCap Cap) : Intent;
internal sealed record ChangeIntent(long PledgeId, long Minor, bool NextPeriod) : Intent;
internal sealed record CapIntent(long PledgeId, PledgeCap Cap) : Intent;
internal sealed record LeaveIntent(long PledgeId) : Intent;
internal sealed record PublishIntent(long PostId, Payee Payee, Instant UndoUntil) : Intent;
internal sealed record UndoIntent(long PostId) : Intent;

internal sealed partial class WorldRun
{
    private readonly List<long> _posts = [];

    private async Task Act(Step step)
    {
        try
        {
            await Do(step);
            await Observe();
        }
        catch (Refusal refusal)
        {
            _tally.Add($"refused:{refusal.Code}");
            await Observe();
        }
        finally
        {
            if (host.Crash.Died is null) _intent = null; // after a death the next look still has to know what was asked
        }
    }

    private Task Do(Step step) => step.Act switch
    {
        Simulation.Act.Join => Join(step),
        Simulation.Act.Leave => Leave(step),
        Simulation.Act.Change => Change(step),
        Simulation.Act.SetCap => SetCap(step),
        Simulation.Act.NewCard => Card(1 + step.A % plan.Patrons, step.B),
        Simulation.Act.Publish => Publish(step),
        Simulation.Act.Undo => Undo(step),
        Simulation.Act.News => News(step),
        Simulation.Act.PayerDecides => PayerDecides(step),
        Simulation.Act.OpenDue => Call<IBillingRuns>(runs => runs.OpenDue(Book.Live)),
        Simulation.Act.Release => ReleaseAll(),
        Simulation.Act.Outage => Outage(step),
        _ => Task.CompletedTask,
    };

    private async Task Join(Step step)
    {
        var (patron, payee) = (1 + step.A % plan.Patrons, plan.Payees[step.B % plan.Payees.Count]);
        if (await Call<IPaymentMethods, PaymentMethodInfo?>(methods => methods.Default(Book.Live, patron)) is null)
            await Card(patron, step.C);
        var minor = plan.Amounts[step.C % plan.Amounts.Count];
        var cap = payee.Model == BillingModel.PerCreation ? Cap(step.A) : PledgeCap.None;
        _intent = new JoinIntent(patron, payee, minor, cap);
        var started = await Call<IAgreements, StartedPledge>(agreements => agreements.Start(new AgreementTerms(Book.Live, patron, payee.Id,
            payee.Model, payee.BillDay, plan.ZoneId, new Money(minor, payee.Currency), cap, $"Payee {payee.Id}")));
        await Observe(); // before the charge is collected: what comes of that is something else
        _intent = null;
        _tally.Add("joins");
        if (started.ChargeId is { } charge && step.C % 7 > 0) await Collect(charge);
    }

    private async Task Change(Step step)
    {
        if (Active(step.A) is not { } pledge) return;
        var (minor, next) = (plan.Amounts[step.B % plan.Amounts.Count], step.C % 3 == 0);
        _intent = new ChangeIntent(pledge.Id, minor, next);
        var changed = await Call<IAgreements, StartedPledge>(agreements => agreements.Change(pledge.Id, new Money(minor, pledge.Payee.Currency),
            next ? ChangeFrom.NextPeriod : ChangeFrom.Now, $"Payee {pledge.Payee.Id}"));
        await Observe();
        _intent = null;
        _tally.Add("changes");
        if (changed.ChargeId is { } charge && step.C % 7 > 0) await Collect(charge);
    }

    private async Task SetCap(Step step)
    {
        if (Active(step.A) is not { } pledge) return;
        var cap = Cap(step.B);
        _intent = new CapIntent(pledge.Id, cap);
        await Call<IAgreements>(agreements => agreements.SetCap(pledge.Id, cap));
    }

    private async Task Leave(Step step)
    {
        if (Active(step.A) is not { } pledge) return;
        _intent = new LeaveIntent(pledge.Id);
        var ended = await Call<IAgreements, EndedPledge>(agreements => agreements.End(pledge.Id, "cancelled"));
        await Observe();
        _intent = null;
        _tally.Add("leaves");
        if (ended.ChargeId is { } charge && step.C % 7 > 0) await Collect(charge);
    }

    private async Task Publish(Step step)
    {
        var payees = plan.Payees.Where(p => p.Model == BillingModel.PerCreation).ToList();
        if (payees.Count == 0) return;
        var (payee, post) = (payees[step.A % payees.Count], 1000L + step.Id);
        var undoUntil = Now + Duration.FromHours(step.B % 3 == 0 ? 0 : 1 + step.C % 48);
        _intent = new PublishIntent(post, payee, undoUntil);
        _posts.Add(post);
        await Call<IPaidPosts>(posts => posts.Publish(Book.Live, payee.Id, post, "A song", Now, undoUntil));
        _tally.Add("posts");
    }

    private async Task Undo(Step step)
    {
        if (_posts.Count == 0) return;
        var post = _posts[step.A % _posts.Count];
        _intent = new UndoIntent(post);
        await Call<IPaidPosts>(posts => posts.Undo(post));
    }

    /// <summary>Somebody looks at a charge again, as a page, a webhook or an impatient patron would; more than once.</summary>
    private async Task News(Step step)
    {
        if (_facts.Charges.Count == 0) return;
        var charge = _facts.Charges[^(1 + step.A % Math.Min(4, _facts.Charges.Count))];
        for (var times = 0; times <= step.B % 3; times++) await Collect(charge.Id);
        _tally.Add("news");
    }

    private async Task PayerDecides(Step step)
    {
        var waiting = host.Gateway.Store.Payments().Where(p => p.Status == "requires_action").ToList();
        if (waiting.Count == 0) return;
        var payment = waiting[step.A % waiting.Count];
        host.Gateway.Core.PayerDecides(payment.IntentId, confirms: step.B % 4 > 0);
        _tally.Add(step.B % 4 > 0 ? "confirmed" : "refused-by-payer");
        if (step.C % 2 == 0 && long.TryParse(payment.ChargeId, out var charge)) await Collect(charge);
    }

    private Task Outage(Step step)
    {
        host.Gateway.OutageUntil = Now + Duration.FromMinutes(1 + step.A);
        return Task.CompletedTask;
    }

    private async Task Card(long patron, int which)
    {
        await Call<IPaymentMethods>(methods => methods.Add(Book.Live, patron, plan.Cards[which % plan.Cards.Count]));
        _tally.Add("cards");
    }

    private Task Collect(long charge) => Call<ICollecting>(collecting => collecting.Collect(charge));

    private static PledgeCap Cap(int choice) => (choice % 5) switch
    {
        0 => new PledgeCap(choice / 5 % 4, null),
        1 => new PledgeCap(null, 700),
        2 => new PledgeCap(2, 1000),
        _ => PledgeCap.None,
    };

    private OraclePledge? Active(int choice)
    {
        var active = _oracle.Pledges.Where(p => p.EndedNo is null).ToList();
        return active.Count == 0 ? null : active[choice % active.Count];
    }

    private Task Call<T>(Func<T, Task> work) where T : notnull => Call<T, bool>(async service =>
    {
        await work(service);
        return true;
    });

    private Task<TResult> Call<T, TResult>(Func<T, Task<TResult>> work) where T : notnull =>
        host.In(s => work(s.GetRequiredService<T>()));
}
