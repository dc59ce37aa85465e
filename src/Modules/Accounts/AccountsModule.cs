namespace Stipend.Accounts;

public static class AccountsModule;
