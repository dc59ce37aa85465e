using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Platform.Ui;
using Xunit;

namespace Stipend.Unit.Ui;

public sealed class RenderMemoTests
{
    private static int s_drawn;

    private sealed record Said(string Words, ValueList<string> Names);

    /// <summary>Counts how often it is drawn.</summary>
    private sealed class Saying : ComponentBase
    {
        [Parameter] public Said Model { get; set; } = null!;

        protected override void BuildRenderTree(RenderTreeBuilder builder)
        {
            Interlocked.Increment(ref s_drawn);
            builder.AddContent(0, $"{Model.Words} {string.Join(", ", Model.Names)}");
        }
    }

    [Fact]
    public async Task What_is_alike_is_drawn_once_whatever_comes_between_unless_it_is_long()
    {
        var (memo, services) = (new RenderMemo(), new ServiceCollection().AddLogging().BuildServiceProvider());
        async Task<string> Draw(string words, params string[] names) =>
            (await memo.Draw<Saying>([new Said(words, new(names))], Localizer.English, services))[0].Value;

        (await Draw("Hello", "Ada", "Lin")).ShouldBe("Hello Ada, Lin");
        (await Draw("Hello", "Lin", "Ada")).ShouldBe("Hello Lin, Ada");
        s_drawn.ShouldBe(2);
        for (var i = 0; i < 1_000; i++) // five million characters: more than is kept
        {
            await Draw(new string('x', 5_000) + i);
            await Draw("Hello", "Ada", "Lin");
        }
        s_drawn.ShouldBe(1_002, "what is asked for stays");
        await Draw(new string('x', 5_000) + 0);
        s_drawn.ShouldBe(1_003, "what is not asked for goes");

        foreach (var _ in new[] { 1, 2 }) await Draw(new string('y', 20_000));
        s_drawn.ShouldBe(1_005);
    }
}
