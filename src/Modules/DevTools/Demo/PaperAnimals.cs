namespace Stipend.DevTools.Demo;

/// <summary>An illustrator billed upfront on the 1st, in euros.</summary>
internal static class PaperAnimals
{
    private const string About = """
        I draw animals that do not mind being looked at. Most of them end up in picture books, some on walls, one on a ferry.

        Every month here begins with a blank sheet and ends with a finished picture. You see the whole way: the wrong turns,
        the tea stains, the moment it works.

        Membership is billed on the 1st for the month to come, so what you join today is yours until then.
        """;

    public static DemoCreator Page { get; } = new(
        "paper-animals", "Paper Animals", "Lea Fontaine", "creator@example.com", "c2573a", "EUR", "Europe/Paris",
        BillingModel.MonthlyUpfront, 1,
        "Picture books, one animal at a time, with every wrong turn shown.", About,
        [
            new("Sketchbook", "See how it is made.", 300, "All process posts\nWallpapers for phone and desk"),
            new("Studio", "Sit beside me while I work.", 800, "Everything in Sketchbook\nStep-by-step lessons\nBrush and paper notes"),
            new("Print club", "A print on your wall every season.", 2500,
                "Everything in Studio\nA signed print each season\nYour name in the next book", Seats: 10),
        ],
        [
            new(0, "A fox, to begin with", "public", "The first page of the new book.", """
                The new book is about a **fox who collects lost gloves**. Page one is done and I want everybody to see it.

                What I learned while drawing it:

                - A fox's ears are further apart than you think. Then move them further.
                - Orange needs blue next to it, or it turns into brown by the evening.
                - Gloves are harder than foxes.

                The rest of the book grows here, a page at a time.
                """),
            new(8, "Paper, and why it buckles", "Sketchbook", "Three sheets, one winner.", """
                I tried three papers for the washes in the forest scene.

                | paper | weight | buckles | lifts |
                |---|---|---|---|
                | Cold press | 300 g | a little | well |
                | Hot press | 300 g | no | badly |
                | Handmade | 400 g | no | well |

                The handmade one wins and costs as much as lunch. I will skip lunch on forest days.
                """),
            new(19, "Lesson: fur in four layers", "Studio", "From flat wash to something you want to touch.", """
                1. **Flat wash**, warm, wetter than feels safe.
                2. **Shape** while it is damp: dark under the chin, behind the ears.
                3. **Strokes** when it is dry. Follow the muscle, not the outline.
                4. **Three hairs** in white. Three. Put the brush down.

                Most fur fails at step four, because it is fun.
                """),
            new(33, "The page I threw away", "Sketchbook", "Two weeks, and then the bin.", """
                The river page had everything: reflections, reeds, a heron who took me two days.

                It had no **fox**. Well, it had one, but nobody I showed it to found it within ten seconds, and the readers are four
                years old. So it is in the bin, and the heron has moved to page nineteen, where he is much happier.
                """),
            new(47, "Half the book is done", "public", "Sixteen of thirty-two pages, and a cover.", """
                Sixteen pages are finished and scanned. Here is what the second half needs:

                - one snowstorm
                - two hundred and six gloves (I counted)
                - an ending

                Thank you for paying for the paper. That is not a figure of speech; the handmade sheets this month were yours.
                """),
            new(61, "Lesson: snow without white paint", "Studio", "Everything you leave out.", """
                Snow is the paper. All you paint is **what is not snow**: shadows, the tops of things, a fox.

                - Mix the shadow from the sky, never from black.
                - Leave more than you dare, then leave that.
                - Spatter last, and cover the fox first. *(I speak from experience.)*
                """),
            new(79, "Choose this season's print", "Print club", "Three pictures; one goes to the press.", """
                1. The fox with the **red mitten**
                2. The **heron**, on page nineteen at last
                3. The empty forest after the storm

                Whichever you choose will be printed on 310 g cotton and signed in pencil. They leave
                the studio in the first week of the season.
                """),
            new(95, "The ending", "members", "I know how it ends.", """
                I have known for a week and did not dare to write it down.

                The fox gives the gloves back. Not all at once: **one each winter, to the hand that fits**. The last page is a hand,
                quite old now, and a very small glove.
                """),
        ]);
}
