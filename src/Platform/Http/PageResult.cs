using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Stipend.Platform.Http;

/// <summary>
/// A component drawn whole and only then sent, so that an error while drawing still becomes an error page. The framework's own result
/// prepares every page for interactivity that no page here has; it took more time than the drawing.
/// </summary>
internal sealed class PageResult(Type component, object? model) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode { get; set; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (services, response) = (httpContext.RequestServices, httpContext.Response);
        await using (var renderer = new HtmlRenderer(services, services.GetRequiredService<ILoggerFactory>()))
            await renderer.Dispatcher.InvokeAsync(async () =>
            {
                var drawn = await renderer.RenderComponentAsync(component, model is null ? ParameterView.Empty
                    : ParameterView.FromDictionary(new Dictionary<string, object?>(1) { ["Model"] = model }));
                response.StatusCode = StatusCode ?? response.StatusCode;
                response.ContentType = "text/html; charset=utf-8";
                using var writer = new Utf8Writer(response.BodyWriter);
                drawn.WriteHtmlTo(writer);
            });
        await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }

    /// <summary>Text as UTF-8 into a pipe, without a copy in between.</summary>
    private sealed class Utf8Writer(IBufferWriter<byte> output) : TextWriter
    {
        private const int Size = 4096;
        private readonly Encoder _encoder = Encoding.UTF8.GetEncoder(); // remembers half of a pair between two buffers
        private readonly char[] _buffer = ArrayPool<char>.Shared.Rent(Size);
        private int _used;

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            if (_used == Size) Encode(last: false);
            _buffer[_used++] = value;
        }

        public override void Write(string? value) => Write(value.AsSpan());
        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(ReadOnlySpan<char> buffer)
        {
            while (buffer.Length > Size - _used)
            {
                buffer[..(Size - _used)].CopyTo(_buffer.AsSpan(_used));
                buffer = buffer[(Size - _used)..];
                _used = Size;
                Encode(last: false);
            }
            buffer.CopyTo(_buffer.AsSpan(_used));
            _used += buffer.Length;
        }

        private void Encode(bool last)
        {
            var bytes = output.GetSpan(Encoding.UTF8.GetMaxByteCount(_used));
            output.Advance(_encoder.GetBytes(_buffer.AsSpan(0, _used), bytes, last));
            _used = 0;
        }

        protected override void Dispose(bool disposing)
        {
            Encode(last: true);
            ArrayPool<char>.Shared.Return(_buffer);
            base.Dispose(disposing);
        }
    }
}
