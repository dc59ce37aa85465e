namespace Stipend.Posts;

public static class PostsModule;
