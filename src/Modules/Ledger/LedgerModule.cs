namespace Stipend.Ledger;

public static class LedgerModule;
