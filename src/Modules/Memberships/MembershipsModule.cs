namespace Stipend.Memberships;

public static class MembershipsModule;
