namespace Stipend.Operations;

public static class OperationsModule;
