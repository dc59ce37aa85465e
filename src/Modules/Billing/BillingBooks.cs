using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Billing;

/// <summary>Empties a sandbox book of everything billing keeps, children first.</summary>
internal sealed class BillingBooks(Db db) : IErasesBook
{
    public int Order => 50;

    public async Task Erase(long bookId, CancellationToken ct)
    {
        const string Charges = "(SELECT id FROM charge WHERE book_id = @book)";
        const string Pledges = "(SELECT id FROM pledge WHERE book_id = @book)";
        const string Runs = "(SELECT id FROM billing_run WHERE book_id = @book)";
        const string Posts = "(SELECT post_id FROM paid_post WHERE book_id = @book)";
        foreach (var sql in new[]
        {
            $"DELETE FROM due_work WHERE book_id = @book", $"DELETE FROM card_try WHERE charge_id IN {Charges}",
                $"DELETE FROM attempt_result WHERE charge_id IN {Charges}",
                $"DELETE FROM attempt WHERE charge_id IN {Charges}",
            $"DELETE FROM gateway_intent WHERE charge_id IN {Charges}", $"DELETE FROM charge_closed WHERE charge_id IN {Charges}",
            $"DELETE FROM bill_line_void WHERE pledge_id IN {Pledges}", $"DELETE FROM bill_line_rolled WHERE pledge_id IN {Pledges}",
            $"DELETE FROM deferred_line WHERE pledge_id IN {Pledges}", $"DELETE FROM run_skip WHERE run_id IN {Runs}",
                $"DELETE FROM run_total WHERE run_id IN {Runs}",
            $"DELETE FROM run_part WHERE run_id IN {Runs}", "DELETE FROM bill_line WHERE book_id = @book",
                "DELETE FROM charge WHERE book_id = @book",
            "DELETE FROM billing_run WHERE book_id = @book", $"DELETE FROM pending_accrual WHERE pledge_id IN {Pledges}",
                $"DELETE FROM accrual WHERE pledge_id IN {Pledges}",
            $"DELETE FROM paid_post_undone WHERE post_id IN {Posts}", $"DELETE FROM paid_post_done WHERE post_id IN {Posts}",
                "DELETE FROM paid_post WHERE book_id = @book",
            $"DELETE FROM pledge_version WHERE pledge_id IN {Pledges}", "DELETE FROM pledge WHERE book_id = @book",
                "DELETE FROM payment_method WHERE book_id = @book",
        })
            await db.Execute(sql, ct, ("book", bookId));
    }
}
