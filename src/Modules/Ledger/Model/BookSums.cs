namespace Stipend.Ledger.Model;

/// <summary>Running debits and credits per account of one book; wide enough that even falsified rows cannot overflow it.</summary>
internal sealed class BookSums
{
    private readonly Dictionary<long, (Int128 Debit, Int128 Credit)> _sums = [];

    public IEnumerable<KeyValuePair<long, (Int128 Debit, Int128 Credit)>> All => _sums;
    public int Count => _sums.Count;

    public void Start(long accountId, long debitMinor, long creditMinor) => _sums[accountId] = (debitMinor, creditMinor);

    public void Add(TransferRow transfer)
    {
        var debit = Of(transfer.Debit.Id);
        _sums[transfer.Debit.Id] = (debit.Debit + transfer.AmountMinor, debit.Credit);
        var credit = Of(transfer.Credit.Id);
        _sums[transfer.Credit.Id] = (credit.Debit, credit.Credit + transfer.AmountMinor);
    }

    public (Int128 Debit, Int128 Credit) Of(long accountId) => _sums.GetValueOrDefault(accountId);
}
