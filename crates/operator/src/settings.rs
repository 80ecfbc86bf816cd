//! What the wiring tells the operator.

/// Settings of the operator; the wiring makes them from the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Image of the platform itself, which has the builder in it.
    pub builder_image: String,
    /// Arguments of the build container; its command is the image's own.
    pub builder_args: Vec<String>,
    /// Environment of the build container, beside `BUILD_SPEC`: storage, registry, cache.
    pub builder_env: Vec<(String, String)>,
    /// Builds at once in a tenant; the rest queue.
    pub concurrent_builds: usize,
    /// Seconds after which the Job of a finished build is taken away.
    pub build_ttl_seconds: i32,
}
