//! The agent's commands: lines that start with #.
