namespace Stipend.Campaigns;

public static class CampaignsModule;
