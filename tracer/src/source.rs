//! Where facts come from: engines, files of the machine, and the screen every text passes on its way.

pub mod host;
pub mod model_output;
pub mod screen;
