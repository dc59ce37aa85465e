using System.Globalization;
using Stipend.Load;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var postgres = args.Contains("--postgres");
var words = args.Where(a => a != "--postgres").ToArray();
return words switch
{
    ["start"] => await StartBench.Run(),
    ["page"] => await PageBench.Run(null, null),
    ["page", "campaign" or "home" or "post"] => await PageBench.Run(null, args[1]),
    ["page", var reference] => await PageBench.Run(reference, null),
    ["page", var reference, var only] => await PageBench.Run(reference, only),
    ["import", var rows] when Number(rows) is { } count => await ImportBench.Run((int)count),
    ["upload", var size] when Number(size) is { } megabytes => await FileBench.Upload((int)megabytes),
    ["download", var size] when Number(size) is { } megabytes => await FileBench.Download((int)megabytes),
    ["run", var pledges, .. var more] when Number(pledges) is { } count => await RunBench.Run(postgres, count, (int)(At(more, 0) ?? 3), (int)(At(more, 1) ?? 2)),
    ["workers", var pledges, .. var more] when Number(pledges) is { } count => await RunBench.Workers(count, (int)(At(more, 0) ?? 3)),
    ["growth", var small, var large] when Number(small) is { } few && Number(large) is { } many => await GrowthBench.Run(postgres, few, many),
    ["kills", var pledges, .. var more] when Number(pledges) is { } count => await GrowthBench.Kills(count, (int)(At(more, 0) ?? 10)),
    ["changes", var pledges] when Number(pledges) is { } count => await PumpBench.Changes(postgres, count),
    ["pump", var pledges] when Number(pledges) is { } count => await PumpBench.Pump(postgres, count),
    ["webhooks", var events] when Number(events) is { } count => await WebhookBench.Deliver(postgres, (int)count),
    ["members", var members] when Number(members) is { } count => await WebhookBench.Members(postgres, (int)count),
    ["mail", var people, .. var more] when Number(people) is { } count => await MailBench.Run(postgres, (int)count, (int)(At(more, 0) ?? 0)),
    ["send", var folder, var port, .. var more] => await MailBench.Send(folder, port, more.FirstOrDefault()),
    ["reference", var reference] => await ReferenceBench.Run(reference, postgres),
    ["bill", var folder, .. var more] => await GrowthBench.Bill(folder, more.FirstOrDefault()),
    _ => Usage(),
};

static long? Number(string word) => long.TryParse(word, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

static long? At(string[] words, int index) => index < words.Length ? Number(words[index]) : null;

static int Usage()
{
    Console.Error.WriteLine("""
        Measures Stipend on this machine. For the first five, build first: dotnet publish src/Stipend -c Release -o artifacts/stipend
          start                             start of the site on an existing SQLite database; idle memory
          page [REFERENCE] [campaign|home|post]  campaign page, home feed and post page as a signed-in patron, against the folder of a reference stack with run.sh
          import ROWS                       import of a generated members export
          upload MEGABYTES                  a file into the vault against a plain copy with fsync; memory
          download MEGABYTES                a file out of the vault against nginx giving the same file; memory
        A billing run; --postgres for PostgreSQL, else SQLite:
          run PLEDGES [ROUNDS [WORKERS]]    against the same rows written bare, in turns (B1, B2, B9)
          reference FOLDER                  against a reference stack's payday (B3)
          growth SMALL LARGE                time and memory of two sizes (B4, B5)
          workers PLEDGES [ROUNDS]          two workers against one, PostgreSQL (B6)
          kills PLEDGES [KILLS]             killed again and again against undisturbed, SQLite (B7)
          changes PLEDGES                   how long a pledge change takes meanwhile (B8)
          pump PLEDGES                      how near collecting comes to a gateway's limit (B10)
        What is told to others; --postgres too:
          webhooks EVENTS                   deliveries a second to 100 receivers, without and with a dead and a slow one
          mail PEOPLE [KILLS]               a post by mail, people a second; then killed again and again, what arrived counted
          members MEMBERS                   the API's list of members against one request each (up to 1,000)
        """);
    return 2;
}
