using System.Globalization;
using Stipend.Load;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
return args switch
{
    ["start"] => await StartBench.Run(),
    ["page"] => await PageBench.Run(null),
    ["page", var reference] => await PageBench.Run(reference),
    ["import", var rows] when int.TryParse(rows, CultureInfo.InvariantCulture, out var count) => await ImportBench.Run(count),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Measures Stipend on this machine. Build first: dotnet publish src/Stipend -c Release -o artifacts/stipend
          start              start of the site on an existing SQLite database; idle memory
          page [REFERENCE]   campaign page with 20 posts as a signed-in patron, against the folder of a reference stack with run.sh
          import ROWS        import of a generated members export
        """);
    return 2;
}
