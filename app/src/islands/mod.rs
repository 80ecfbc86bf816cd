//! What moves. Each island is a little markup, rendered on the server, and one effect that runs
//! in the browser and wires it up. Pages load whole, so listeners live as long as the page.

pub mod ansi;
mod dom;
pub mod enhance;
pub mod live;
pub mod log_view;
pub mod palette;
pub mod upload;
