//! Bytes in any charset to text.
