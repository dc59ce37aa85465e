namespace Stipend.DevTools.Demo;

/// <summary>A musician billed in arrears, in yen.</summary>
internal static class QuietRooms
{
    private const string About = """
        Piano pieces recorded in rooms that are about to disappear: a school before it closes, a station hall, a theatre the night
        before the seats go.

        One room a month. You are billed on the 1st for the month that ended, so the first month costs nothing until it is over.
        """;

    public static DemoCreator Page { get; } = new(
        "quiet-rooms", "Quiet Rooms", "Haru Sato", "haru@example.com", "7a4b6e", "JPY", "Asia/Tokyo", BillingModel.MonthlyArrears, 1,
        "Piano, recorded in rooms that are about to disappear.", About,
        [
            new("Listener", "The recordings, in full quality.", 500, "Every recording\nNotes on the room"),
            new("Rehearsal", "Hear it before it is good.", 1200, "Everything Listeners get\nSketches and sheet music"),
            new("Patron of a room", "You make a recording possible.", 5000, "Everything in Rehearsal\nYour name on the recording",
                Seats: 8),
        ],
        [
            new(0, "The school in the valley", "public", "Room one: an upright, slightly flat, in a corridor.", """
                The school has nine pupils and closes in spring. The piano stands in the corridor because that is where the children are.

                I tuned it only where it *hurt*. What is left of the out-of-tune is the room's own voice, and I wanted that on the record.

                > A room is an instrument that somebody else is about to put away.
                """),
            new(15, "Sheet music: Nine pupils", "Rehearsal", "Two pages; the left hand is easier than it sounds.", """
                - Play the repeated note with **two fingers in turn**, or you will hate me by bar twelve.
                - The pedal marks are suggestions. The corridor had enough of its own.
                - Where it says *wait*, wait.
                """),
            new(31, "The station hall at four", "Listener", "Between the last train and the first.", """
                Seven seconds of echo. You cannot play fast in seven seconds of echo; the hall plays **against** you until you let it
                play with you.

                Recorded between 03:40 and 04:25, with one pigeon (bar 30, left channel).
                """),
            new(50, "What a room costs", "members", "Where your money went this season.", """
                | for | yen |
                |---|---|
                | Moving a piano, twice | 84000 |
                | Tuning | 18000 |
                | The caretaker's whisky | 6500 |
                | Night train | 11200 |

                The caretaker asked me to write that it was very good whisky.
                """),
            new(64, "The theatre without seats", "Listener", "The night before they took the chairs.", """
                With the seats gone the hall was twice as loud and half as kind. I played everything at the edge of not playing.
                """),
            new(88, "Next: a swimming pool", "public", "Empty since 2009, with a very long answer.", """
                It is tiled, it is forty metres long, and when you clap it tells you about it for **eleven seconds**.

                I have asked for one night in it. I will need a piano that does not mind stairs.
                """),
        ]);
}
