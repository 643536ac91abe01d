//! What the desk remembers.
