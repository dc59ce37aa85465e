using System.Globalization;
using Stipend.Load;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
return args switch
{
    ["start"] => await StartBench.Run(),
    ["page"] => await PageBench.Run(null),
    ["page", var reference] => await PageBench.Run(reference),
    ["import", var rows] when int.TryParse(rows, CultureInfo.InvariantCulture, out var count) => await ImportBench.Run(count),
    ["run", var pledges, .. var more] when long.TryParse(pledges, CultureInfo.InvariantCulture, out var count) =>
        await RunBench.Run(count, more.Length > 0 && int.TryParse(more[0], CultureInfo.InvariantCulture, out var rounds) && rounds > 0 ? rounds : 3),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Measures Stipend on this machine. Build first: dotnet publish src/Stipend -c Release -o artifacts/stipend
          start              start of the site on an existing SQLite database; idle memory
          page [REFERENCE]   campaign page with 20 posts as a signed-in patron, against the folder of a reference stack with run.sh
          import ROWS        import of a generated members export
          run PLEDGES [ROUNDS]   a billing run on SQLite against the same rows written bare
        """);
    return 2;
}
