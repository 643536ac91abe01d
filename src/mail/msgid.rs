//! Message-IDs that are safe to put into a header.
