//! Signed tokens in reply addresses.
