mod smtp_lies;
mod support;
