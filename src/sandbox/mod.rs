//! A small honest mail server in this process.
