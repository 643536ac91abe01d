//! The operator's file to checked settings; all problems at once.
