namespace Stipend.DevTools;

public static class DevToolsModule;
