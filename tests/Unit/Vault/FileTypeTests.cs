using Shouldly;
using Stipend.Kernel;
using Stipend.Vault.Checking;
using Xunit;

namespace Stipend.Unit.Vault;

public sealed class FileTypeTests
{
    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("C:\\Users\\ada\\song.mp3", "song.mp3")]
    [InlineData("", "file")]
    [InlineData("...", "file")]
    [InlineData(".htaccess", "htaccess")]
    [InlineData("a\u0000b\u202Ec\u2028.mp3", "abc.mp3")]
    [InlineData("a<b>:\"|?*%;.txt", "a_b________.txt")]
    [InlineData("Cafe\u0301 ünïcode 東京.pdf", "Café ünïcode 東京.pdf")]
    public void Names_are_made_harmless(string name, string clean) => FileNames.Clean(name).ShouldBe(clean);

    [Fact]
    public void Long_names_keep_their_ending_and_no_half_of_a_pair()
    {
        var clean = FileNames.Clean(new string('a', 115) + string.Concat(Enumerable.Repeat("🦦", 50)) + ".mp3");
        clean.Length.ShouldBeInRange(118, FileNames.MaxLength);
        clean.ShouldEndWith(".mp3");
        clean.EnumerateRunes().ToList().ShouldNotContain(System.Text.Rune.ReplacementChar);
    }

    [Theory]
    [InlineData("ID3....", "audio/mpeg")]
    [InlineData("\u00FF\u00FB\u0090d", "audio/mpeg")]
    [InlineData("\u00FF\u00F1P\u0080", "audio/aac")]
    [InlineData("fLaC", "audio/flac")]
    [InlineData("OggS............OpusHead", "audio/ogg")]
    [InlineData("OggS............\u0080theora", "video/ogg")]
    [InlineData("RIFF....WAVEfmt ", "audio/wav")]
    [InlineData("RIFF....WEBPVP8 ", "image/webp")]
    [InlineData("....ftypM4A ....", "audio/mp4")]
    [InlineData("....ftypisom....", "video/mp4")]
    [InlineData("....ftypqt  ....", "video/quicktime")]
    [InlineData("\u001AE\u00DF\u00A3....webm", "video/webm")]
    [InlineData("\u001AE\u00DF\u00A3....matroska", "video/x-matroska")]
    [InlineData("%PDF-1.7", "application/pdf")]
    [InlineData("PK\u0003\u0004....", "application/zip")]
    [InlineData("<!DOCTYPE html><p>", "application/octet-stream")]
    [InlineData("  <svg xmlns=''>", "application/octet-stream")]
    [InlineData("MZ\u0090", "application/octet-stream")]
    [InlineData("", "application/octet-stream")]
    public void A_file_is_what_it_begins_with(string begins, string type) => FileType.Of(Bytes(begins)).ContentType.ShouldBe(type);

    [Theory]
    [InlineData("song.mp3", "fLaC")]
    [InlineData("song.flac", "ID3.")]
    [InlineData("film.mp4", "<html>")]
    [InlineData("paper.PDF", "PK\u0003\u0004")]
    [InlineData("otter.jpg", "GIF89a")]
    public void An_ending_must_not_lie(string name, string begins) =>
        Should.Throw<Refusal>(() => FileType.Of(Bytes(begins), name)).Message.ShouldContain($"“{name}” says it is");

    [Fact]
    public void A_lie_is_named_by_what_such_an_ending_mostly_means() =>
        Should.Throw<Refusal>(() => FileType.Of(Bytes("no film"), "film.mp4")).Message.ShouldContain("says it is an MP4 film, but its bytes are something else");

    [Theory]
    [InlineData("book.epub", "PK\u0003\u0004")]
    [InlineData("notes.txt", "ID3.")]
    [InlineData("sound.ogg", "OggS............OpusHead")]
    [InlineData("talk.m4b", "....ftypM4B ....")]
    public void An_ending_that_says_nothing_or_the_truth_is_taken(string name, string begins) => Should.NotThrow(() => FileType.Of(Bytes(begins), name));

    private static byte[] Bytes(string text) => System.Text.Encoding.Latin1.GetBytes(text);
}
