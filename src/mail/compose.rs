//! Text and headers to a frozen letter.
