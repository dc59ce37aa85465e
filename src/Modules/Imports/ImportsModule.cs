namespace Stipend.Imports;

public static class ImportsModule;
