using System.Text;
using Shouldly;
using Stipend.Kernel;
using Stipend.Posts.Images;
using Xunit;

namespace Stipend.Unit.Posts;

public sealed class ImageFormatTests
{
    private static readonly byte[] s_png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
    private static readonly byte[] s_gif = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");
    private static readonly byte[] s_webp = Convert.FromBase64String("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=");

    [Fact]
    public void Kind_and_size_are_read_from_the_bytes()
    {
        ImageFormat.Sniff(s_png).ShouldBe(new ImageFormat("image/png", 1, 1));
        ImageFormat.Sniff(s_gif).ShouldBe(new ImageFormat("image/gif", 1, 1));
        ImageFormat.Sniff(s_webp).ShouldBe(new ImageFormat("image/webp", 1, 1));
        ImageFormat.Sniff([0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC2, 0, 11, 8, 0x01, 0x00, 0x02, 0x00, 1, 1, 0x11, 0])
            .ShouldBe(new ImageFormat("image/jpeg", 512, 256));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG")]
    [InlineData("<?xml version='1.0'?><svg/>", "SVG")]
    [InlineData("<!doctype html><script>alert(1)</script>", "web page")]
    [InlineData("%PDF-1.7", "PDF")]
    [InlineData("MZ\u0090 program", "not a picture")]
    public void What_is_no_picture_is_refused_in_one_sentence(string content, string word)
    {
        var refusal = Should.Throw<Refusal>(() => ImageFormat.Sniff(Encoding.Latin1.GetBytes(content)));
        refusal.Message.ShouldContain(word);
        refusal.Fields.Keys.ShouldBe(["picture"]);
    }

    [Fact]
    public void A_picture_cut_anywhere_in_its_head_is_refused_and_never_crashes()
    {
        foreach (var whole in new[] { s_png, s_gif, s_webp })
            for (var length = 1; length < 30 && length < whole.Length; length++)
            {
                var part = whole[..length];
                try { ImageFormat.Sniff(part).Width.ShouldBe(1); }
                catch (Refusal refusal) { refusal.Status.ShouldBe(422); }
            }
    }
}
