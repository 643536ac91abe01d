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
