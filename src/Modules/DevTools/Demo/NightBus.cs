namespace Stipend.DevTools.Demo;

/// <summary>A podcast billed per creation, in euros.</summary>
internal static class NightBus
{
    private const string About = """
        Night Bus is a podcast of true stories told by people who are awake when the rest of the city sleeps: bakers, nurses,
        tram drivers, a lighthouse keeper who never saw the sea freeze twice.

        You pay per episode, not per month. In a month without an episode you pay nothing; set a limit and I can never cost you
        more than that.

        - Two or three episodes a month
        - No advertising, ever
        - Every transcript is free for everybody
        """;

    public static DemoCreator Page { get; } = new(
        "night-bus", "Night Bus", "Ines Adler", "ines@example.com", "3b4a8c", "EUR", "Europe/Berlin", BillingModel.PerCreation, 1,
        "True stories from people who are awake when the city sleeps.", About,
        [
            new("Passenger", "You keep the bus running.", 200, "Every episode a day early\nYour name in the credits"),
            new("Front seat", "For those who listen to the end.", 500,
                "Everything Passengers get\nThe uncut conversations\nNotes from the road"),
            new("Driver's friend", "Twelve people I call before an episode goes out.", 1500,
                "Everything from the front seat\nA say in who is next\nA postcard from every season", Seats: 12),
        ],
        [
            new(0, "Welcome aboard", "public", "What this is, and how paying per episode works.", """
                Hello, and thank you for being up this late.

                Three years ago I missed the last train and rode the **N7** from end to end, twice. The driver told me about the night the
                river came into the depot. I have been recording people like her ever since.

                ### How this works

                1. I publish an episode when it is good, not when it is Tuesday.
                2. You pay per episode, and only for the ones marked as paid.
                3. Notes, transcripts and outtakes cost nothing extra.

                See you at the stop.
                """),
            new(6, "Episode 1: The river in the depot", "paid", "The night forty buses floated.", """
                It began with the drains. *“They sang,”* says Marta, who drove the N7 for nineteen years. *“When drains sing, you
                move the buses. Nobody had written that down.”*

                **Marta Ohlsen** takes us through the six hours in which four drivers moved forty buses uphill in the dark.

                - 00:00 The drains sing
                - 07:40 Forty keys on one nail
                - 19:15 The bus that stayed
                - 31:02 Morning

                Recorded in the canteen of the depot; the hum is the drinks machine, and yes, I asked.
                """, Charge: true),
            new(13, "Transcript of episode 1", "public", "All of it, free for everybody.", """
                **Ines:** You said the drains sang.

                **Marta:** Like somebody blowing over a bottle. First one, then all of them along the wall. I was eating a roll. I put the
                roll down. I remember thinking: if I finish the roll, we lose a bus.

                **Ines:** Did you lose a bus?

                **Marta:** One. Number 218. We left her lights on so that she would not be alone.

                *The whole transcript is forty pages; the file is linked from the episode.*
                """),
            new(24, "Episode 2: Bread at three", "paid", "A baker, a blackout, and eleven hundred rolls.", """
                When the grid failed, **Yusuf** had eleven hundred rolls in the proving room and a street full of people with gas cookers.

                What happened next took four hours and is the best argument for neighbours I have recorded so far.

                > “You cannot explain to dough that there is no electricity.”

                - 00:00 The proving room
                - 11:20 A queue with pans
                - 26:45 What rolls taste like from a frying pan
                """, Charge: true),
            new(27, "Uncut: two hours with Yusuf", "Front seat", "Everything that did not fit, including the recipe.", """
                The conversation as it happened, with the long middle part about flour.

                **The recipe**, as promised:

                | for | grams |
                |---|---|
                | Flour | 1000 |
                | Water | 640 |
                | Salt | 21 |
                | Yeast | 9 |

                Sixteen hours in the cold. *“Time is the only ingredient you cannot buy more of,”* he says, and then he buys more of it.
                """),
            new(41, "Episode 3: Ward four", "paid", "Night shift with the quietest nurse in the hospital.", """
                **Lene** walks eleven kilometres a night in shoes she chose for their silence. She knows who sleeps
                by the sound of a corridor.

                This one is slow on purpose. Listen with headphones, or don't listen while driving.
                """, Charge: true),
            new(58, "Who should be next?", "Driver's friend", "Three doors; you choose.", """
                1. The **lock keeper** who has a boat delivered to him by mistake every spring.
                2. The **radio astronomer** who switches off her village's microwave ovens.
                3. The **last night porter** of a hotel that has no guests any more.

                Write me; I read everything, and the one with the best reason wins, not the one with the most votes.
                """),
            new(67, "Episode 4: The night porter", "paid", "A hotel with two hundred rooms and nobody in them.", """
                You chose the porter. **Herr Anselm** still polishes the bell.

                [[paywall]]

                *“A hotel is a promise,”* he says. *“Somebody has to be there when it is kept.”*

                - 00:00 The bell
                - 09:10 Room 114
                - 22:30 The guest who did come
                """, Charge: true),
            new(86, "Episode 5: Microwaves", "paid", "How one village went quiet for a telescope.", """
                At two in the morning, **Dr. Amara Nwosu** hears a signal from beyond the galaxy. At five past two she hears soup.

                A story about patience, neighbours and a knock on forty-one doors.
                """, Charge: true),
        ])
    {
        Series = new("Season one", "From the river in the depot to the village that went quiet. Begin here.", "Episode"),
    };
}
