namespace Stipend.Ledger;

/// <summary>The books: accounts, journals, transfers, closes and their checks.</summary>
public static class LedgerModule;
