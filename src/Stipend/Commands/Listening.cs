using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Stipend.Commands;

/// <summary>Addresses to listen on, with a sentence for what goes wrong with them.</summary>
internal static class Listening
{
    /// <exception cref="Refusal">It is not an address of this machine to listen on with http.</exception>
    public static void Check(string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            throw Wrong(url, "is not an address to listen on");
        }
        if (address.Scheme != "http") throw Refusal.Invalid("listen_address",
            $"“{url}” is not http. Listen on http, and let a reverse proxy in front speak https (deploy/ has samples).");
        // The web server takes any other name to mean every address of the machine, which nobody would guess.
        if (!address.IsUnixPipe && address.Host is not ("localhost" or "*" or "+") && !IPAddress.TryParse(address.Host.Trim('[', ']'), out _))
            throw Wrong(url, "is not an address of this machine");
    }

    /// <summary>Starts something that listens.</summary>
    /// <exception cref="Refusal">The address is taken, not this machine's, or needs more rights.</exception>
    public static async Task<T> On<T>(IReadOnlyList<string> urls, Func<Task<T>> start)
    {
        var all = string.Join(", ", urls);
        try
        {
            return await start();
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw Refusal.Conflict("address_in_use", $"Something else listens on {all} already. Stop it, or choose another address with --urls.");
        }
        catch (Exception error) when (Socket(error) is { SocketErrorCode: SocketError.AccessDenied })
        {
            throw Refusal.Forbidden($"This user may not listen on {all}. Choose a port above 1023 with --urls.");
        }
        catch (Exception error) when (Socket(error) is SocketException socket)
        {
            throw Refusal.Invalid("listen_address", $"{all} cannot be listened on: {socket.Message}. Choose another address with --urls.");
        }
    }

    public static Task On(IReadOnlyList<string> urls, Func<Task> start) => On(urls, async () =>
    {
        await start();
        return true;
    });

    private static SocketException? Socket(Exception error) => error as SocketException ?? error.InnerException as SocketException;

    private static Refusal Wrong(string url, string what) =>
        Refusal.Invalid("listen_address", $"“{url}” {what}. Write it like http://localhost:5000 or http://*:5000.");
}
