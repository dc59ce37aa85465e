using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Shouldly;
using Stipend.Apps.Own;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>The description of this site's own API, made from its endpoints, is the one in the repository.</summary>
public sealed class OpenApiTests
{
    private const string File = "docs/reference/openapi.json";

    [Fact]
    public async Task The_description_in_the_repository_is_that_of_the_endpoints()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: builder => builder.Services.AddOpenApi("v1", Describe),
            map: endpoints => endpoints.MapOpenApi("/described/{documentName}.json").AllowAnyone());
        var described = JsonNode.Parse(await app.Client().GetStringAsync("/described/v1.json"))!;
        var text = described.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })
            .ReplaceLineEndings("\n") + "\n";
        var path = Path.Combine(Root(), File);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1") await System.IO.File.WriteAllTextAsync(path, text);
        text.ShouldBe(await System.IO.File.ReadAllTextAsync(path), $"{File} is out of date; run this test with UPDATE_SNAPSHOTS=1 and look at the change");
    }

    private static void Describe(OpenApiOptions options)
    {
        options.ShouldInclude = d => d.RelativePath?.StartsWith("api/v1/", StringComparison.Ordinal) == true;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "Stipend", Version = "1", Description = "JSON for programs of your own. Ids are texts, amounts are minor units." };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An access token of your account." },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", document)] = [] }];
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, _, _) =>
        {
            if (schema.Type is not { } type || !type.HasFlag(JsonSchemaType.Integer)) return Task.CompletedTask;
            (schema.Type, schema.Pattern) = (type & ~JsonSchemaType.String, null); // a number in quotes is taken as well, but not given
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            foreach (var needed in context.Description.ActionDescriptor.EndpointMetadata.OfType<NeedsScope>())
            {
                operation.Extensions ??= new Dictionary<string, IOpenApiExtension>();
                operation.Extensions["x-scope"] = new JsonNodeExtension(JsonValue.Create(needed.Scope));
            }
            if (context.Description.HttpMethod == "POST")
                (operation.Parameters ??= []).Add(new OpenApiParameter
                {
                    Name = Idempotency.KeyHeader, In = ParameterLocation.Header, Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                    Description = "Your own name for this request, so that it can be sent again.",
                });
            return Task.CompletedTask;
        });
    }

    private static string Root()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!System.IO.File.Exists(Path.Combine(root.FullName, "Stipend.slnx"))) root = root.Parent!;
        return root.FullName;
    }
}
