namespace Stipend.Simulation;

/// <summary>
/// Bugs planted to see whether they are found. The first ones change what the site hears from its gateway; the others change, by a
/// trigger in the world's database, what a piece of code had written: the effect such a bug in the code would have.
/// </summary>
internal enum Bug
{
    None,
    NewKeyPerTry, TimeoutIsFailure, TimeoutIsSuccess, LookupFindsNothing, ResendsOldKey, CancelNotSent, FeeForgotten, AmountNotCompared,
    AnchorDrifts, CapOffByOne, CutOffByNow, JournalLost, MailOutsideTransaction, MailTwice, UnknownForgotten, UndoneStillBilled,
    LineForgotten, PriceByFirstVersion,
}

/// <summary>How bugs in the code are imitated in the database.</summary>
internal static class Bugs
{
    /// <summary>SQL that plants a bug in a fresh world; null for those the gateway's wrapper plants.</summary>
    public static string? Sql(Bug bug) => bug switch
    {
        Bug.AnchorDrifts => "CREATE TRIGGER bug AFTER INSERT ON pledge WHEN NEW.anchor_day > 28 BEGIN UPDATE pledge SET anchor_day = 28 WHERE id = NEW.id; END",
        Bug.CapOffByOne => "DROP TRIGGER pledge_version_no_update; CREATE TRIGGER bug AFTER INSERT ON pledge_version WHEN NEW.cap_posts IS NOT NULL BEGIN UPDATE pledge_version SET cap_posts = cap_posts + 1 WHERE no = NEW.no; END",
        Bug.CutOffByNow => "CREATE TRIGGER bug AFTER INSERT ON billing_run BEGIN UPDATE billing_run SET cutoff_at = opened_at + 86400000 WHERE id = NEW.id; END",
        Bug.JournalLost => "CREATE TRIGGER bug BEFORE INSERT ON transfer WHEN (SELECT COUNT(*) FROM journal) % 5 = 4 BEGIN SELECT RAISE(IGNORE); END",
        Bug.MailOutsideTransaction => "CREATE TRIGGER bug BEFORE INSERT ON message WHEN NEW.topic = 'SendMail' AND (SELECT COUNT(*) FROM journal) % 3 = 2 BEGIN SELECT RAISE(IGNORE); END",
        Bug.MailTwice => "CREATE TRIGGER bug AFTER INSERT ON message WHEN NEW.topic = 'SendMail' AND NEW.id < 4000000000000000000 AND (SELECT COUNT(*) FROM journal) % 3 = 2 BEGIN INSERT INTO message (id, book_id, topic, consumer, payload, run_at, attempts, lease_until, lease_token, status, created_at) VALUES (NEW.id + 4000000000000000000, NEW.book_id, 'SendMail', NEW.consumer, NEW.payload, NEW.run_at, 0, 0, 0, 'pending', NEW.created_at); END",
        Bug.UnknownForgotten => "CREATE TRIGGER bug AFTER UPDATE OF kind ON due_work WHEN NEW.kind = 'check' BEGIN DELETE FROM due_work WHERE charge_id = NEW.charge_id; END",
        Bug.UndoneStillBilled => "CREATE TRIGGER bug AFTER DELETE ON pending_accrual WHEN EXISTS (SELECT 1 FROM paid_post_undone u WHERE u.post_id = OLD.post_id) BEGIN INSERT INTO pending_accrual (pledge_id, post_id) VALUES (OLD.pledge_id, OLD.post_id); END",
        Bug.LineForgotten => "CREATE TRIGGER bug AFTER INSERT ON pending_accrual WHEN (SELECT COUNT(*) FROM pending_accrual WHERE post_id = NEW.post_id) = 3 BEGIN DELETE FROM pending_accrual WHERE pledge_id = NEW.pledge_id AND post_id = NEW.post_id; END",
        Bug.PriceByFirstVersion => "DROP TRIGGER pledge_version_no_update; CREATE TRIGGER bug AFTER INSERT ON pledge_version WHEN NEW.seq > 1 BEGIN UPDATE pledge_version SET amount_minor = (SELECT v.amount_minor FROM pledge_version v WHERE v.pledge_id = NEW.pledge_id AND v.seq = 1) WHERE no = NEW.no; END",
        _ => null,
    };
}
