//! HTML to text and text to HTML, within bounds.
