global using Shouldly;
global using Stipend.Support;
global using Xunit;
