namespace Stipend.Billing;

public static class BillingModule;
