//! The only place with human sentences: templates and words in every language.
//!
//! A [`Catalogue`] is read once; it renders letters, names things, writes dates and amounts, recognises a
//! language, and makes a [`Detector`] that finds in a mail what the desk must react to.

pub mod absence;
pub mod catalogue;
mod check;
pub mod context;
pub mod detect;
mod embedded;
pub mod labels;
pub mod language;
pub mod pack;
pub mod phrase;
pub mod problem;
pub mod render;
mod sample;
mod thanks;
pub mod when;

pub use catalogue::Catalogue;
pub use context::Context;
pub use detect::{Detector, Reading};
pub use embedded::TEMPLATES;
pub use language::{Evidence, Recognised};
pub use pack::{Kind, PeriodWords, Recognise, WordLists};
pub use problem::Problem;
pub use render::Rendered;

/// What the operator's own templates may count on. It grows when one that was right must be changed by hand: a name
/// in [`context`] goes or means something else, or a letter needs a new template.
pub const VERSION: u32 = 1;
