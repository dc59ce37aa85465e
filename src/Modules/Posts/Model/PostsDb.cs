using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;

namespace Stipend.Posts.Model;

/// <summary>The tables of Posts.</summary>
internal sealed class PostsDb : IModelPart
{
    public void Build(ModelBuilder model)
    {
        model.Entity<Post>().HasKey(p => p.Id);
        model.Entity<PostImage>().HasKey(i => i.Id);
        model.Entity<PostImageUse>().HasKey(u => new { u.ImageId, u.PostId });
    }
}

internal static class PostsTables
{
    extension(Db db)
    {
        public DbSet<Post> Posts => db.Set<Post>();
        public DbSet<PostImage> PostImages => db.Set<PostImage>();
        public DbSet<PostImageUse> PostImageUses => db.Set<PostImageUse>();
    }
}
