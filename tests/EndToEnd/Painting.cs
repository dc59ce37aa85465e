using Microsoft.Playwright;

namespace Stipend.EndToEnd;

/// <summary>Pictures for the pages that are looked at, painted by the browser: hills under a sky, with the grain of a photograph.</summary>
internal static class Painting
{
    /// <summary>A JPEG; equal seeds give equal pictures.</summary>
    public static async Task<byte[]> Jpeg(IBrowser browser, int width, int height, int seed)
    {
        var page = await browser.NewPageAsync();
        var data = await page.EvaluateAsync<string>(Script, new { width, height, seed });
        await page.CloseAsync();
        return Convert.FromBase64String(data[(data.IndexOf(',', StringComparison.Ordinal) + 1)..]);
    }

    private const string Script = """
        ({ width, height, seed }) => {
          let state = seed * 2654435761 >>> 0;
          const chance = () => { state = (state * 1664525 + 1013904223) >>> 0; return state / 2 ** 32; };
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [width, height];
          const draw = canvas.getContext("2d"), hue = chance() * 360;
          const sky = draw.createLinearGradient(0, 0, 0, height);
          sky.addColorStop(0, `hsl(${hue} 45% 28%)`);
          sky.addColorStop(0.7, `hsl(${hue + 60} 70% 72%)`);
          draw.fillStyle = sky;
          draw.fillRect(0, 0, width, height);
          draw.fillStyle = `hsl(${hue + 70} 90% 85%)`;
          draw.beginPath();
          draw.arc(width * (0.2 + 0.6 * chance()), height * 0.45, height * 0.12, 0, 7);
          draw.fill();
          for (let hill = 0; hill < 4; hill++) {
            const [base, wave, from] = [height * (0.55 + 0.13 * hill), width * (0.15 + 0.2 * chance()), chance() * 9];
            draw.fillStyle = `hsl(${hue + 20 * hill} ${35 - 5 * hill}% ${46 - 10 * hill}%)`;
            draw.beginPath();
            draw.moveTo(0, height);
            for (let x = 0; x <= width; x += 4) draw.lineTo(x, base + Math.sin(x / wave + from) * height * 0.09 + Math.sin(x / wave * 3.1) * height * 0.02);
            draw.lineTo(width, height);
            draw.fill();
          }
          const picture = draw.getImageData(0, 0, width, height);
          for (let i = 0; i < picture.data.length; i += 4) { const grain = (chance() - 0.5) * 16; for (let c = 0; c < 3; c++) picture.data[i + c] += grain; }
          draw.putImageData(picture, 0, 0);
          return canvas.toDataURL("image/jpeg", 0.72);
        }
        """;
}
