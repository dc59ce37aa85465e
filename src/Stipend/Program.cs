using System.CommandLine.Invocation;
using Stipend.Commands;

var parsed = StipendCommand.Root().Parse(args);
return parsed.Action is ParseErrorAction ? Complaint.SayUsage(parsed) : await parsed.InvokeAsync();
