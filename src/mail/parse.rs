//! Bytes to an incoming mail; never fails.
