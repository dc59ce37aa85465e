namespace Stipend.Entitlements;

public static class EntitlementsModule;
