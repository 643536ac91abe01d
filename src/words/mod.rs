//! The only place with human sentences: templates and words in every language.
