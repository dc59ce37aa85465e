using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Posts.Feeds;

namespace Stipend.Posts.Model;

/// <summary>The tables of Posts.</summary>
internal sealed class PostsDb : IModelPart
{
    public void Build(Tables tables)
    {
        tables.Map<Post>();
        tables.Map<PostImage>();
        tables.Map<PostImageUse>(nameof(PostImageUse.ImageId), nameof(PostImageUse.PostId));
        tables.Map<FeedToken>();
    }
}

internal static class PostsTables
{
    extension(Db db)
    {
        public DbSet<Post> Posts => db.Set<Post>();
        public DbSet<PostImage> PostImages => db.Set<PostImage>();
        public DbSet<FeedToken> FeedTokens => db.Set<FeedToken>();
        public DbSet<PostImageUse> PostImageUses => db.Set<PostImageUse>();
    }
}
