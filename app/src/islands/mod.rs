//! What moves. The markup of an island is a component, which only the server has; the island itself has
//! no view: it finds that markup in the browser and wires it up, so that no view code is in the module
//! that every visitor loads. Pages load whole, so listeners live as long as the page.

pub mod ansi;
mod dom;
pub mod enhance;
pub mod live;
pub mod log_view;
pub mod palette;
pub mod upload;
