namespace Stipend.DevTools.Demo;

/// <summary>A writer billed on the anniversary of joining, in US dollars.</summary>
internal static class FieldNotes
{
    private const string About = """
        Long, careful essays about how things are kept going: bridges, seed banks, a clock that has to be wound by somebody
        who knows its temper.

        One essay every two weeks. Members get the notebooks as well: interviews, sources, what I got wrong.

        You are billed on the day you joined, each month. Cancel and you keep what you paid for.
        """;

    public static DemoCreator Page { get; } = new(
        "field-notes", "Field Notes on Maintenance", "Theo Park", "theo@example.com", "2f7a5b", "USD", "America/New_York",
        BillingModel.MonthlyAnniversary, 1,
        "Essays about the people who keep things going.", About,
        [
            new("Reader", "The essays, as they are finished.", 500, "Every essay\nThe archive"),
            new("Notebook", "The essays and how they came to be.", 900, "Everything Readers get\nInterviews and sources\nA monthly letter"),
            new("Patron", "For those who want this to exist.", 2500, "Everything in Notebook\nA printed collection each year"),
        ],
        [
            new(1, "Somebody winds it", "public", "On a clock, a town and a Tuesday.", """
                Every Tuesday at ten, **Ruth** climbs ninety-one steps with a torch in her teeth. The clock would stop on Wednesday
                without her; it has not stopped since 1987, and before her it was her father, and before him nobody wrote it down.

                There is a plaque for the man who *paid* for the clock.

                ## What a plaque does not say

                We remember beginnings. A thing that is opened, launched, unveiled has a date, and a date can be carved. But a thing
                that is **kept** has no date. It has Tuesdays.

                These essays are about the Tuesdays.
                """),
            new(12, "The seed count", "Reader", "Forty thousand envelopes, opened every tenth year.", """
                A seed in a vault is not stored. It is **postponed**. Every tenth year somebody has to take out fifty, lay them on wet
                paper and count how many still believe in spring.

                If fewer than eighty-five in a hundred do, the rest are sown, grown, harvested, dried and put back: the same variety,
                a generation younger. *Keeping is not the opposite of using.*
                """),
            new(16, "Notebook: the seed vault", "Notebook", "Transcripts, sources and one mistake.", """
                - The full conversation with Ingrid (52 minutes)
                - The counting sheet, scanned, with her pencil marks
                - **What I got wrong:** it is eighty-five, not ninety. Two of you wrote; thank you.
                """),
            new(30, "Bridges are painted from the far end", "Reader", "Why the crew never sees the start of their own work.", """
                By the time the crew reaches the north tower the south tower needs them again. Nobody on it has ever seen the bridge
                *finished*, and nobody minds, except on calendars.

                I spent a week hanging under the roadway with people who talk about rust the way sailors talk about weather.
                """),
            new(44, "A letter to go with the notebook", "Notebook", "What I am reading and mending.", """
                The kettle is repaired. It took a seal the size of a ring, three shops and a man called Milo who keeps seals in a
                cigar box *by sound*.

                Next month: the people who keep **time** itself, which turns out to be an argument between laboratories.
                """),
            new(62, "An argument about a second", "Reader", "The people who keep time do not agree on it, on purpose.", """
                There is no clock that is right. There are four hundred that are **slightly wrong in different ways**, and an office
                outside Paris that averages them and sends everybody a letter, a month late, telling them what time it was.

                It is the most beautiful bureaucracy I have ever met.
                """),
            new(78, "On being replaceable", "members", "A short one, for everybody who is here.", """
                Ruth has found somebody to wind the clock after her. He is eleven. She is teaching him to carry the torch in his hand.
                """),
            new(92, "The archive has a leak", "Reader", "Water, paper and a very calm conservator.", """
                *“You freeze it,”* she said. *“Water is patient, but ice is more patient.”*

                Two thousand ledgers are in a fish merchant's cold store tonight. This is how they got there in nine hours, and who
                remembered that the fish merchant owed the library a favour.
                """),
        ]);
}
