//! Tests of everything inside one process. One binary, so that it links once.

mod books;
mod cli;
mod configs;
mod control;
mod decisions;
mod demo;
mod desk_yaml;
mod examples;
mod hooks;
mod imap_dovecot;
mod imap_lies;
mod intake;
mod mail_shelf;
mod monitoring;
mod outbox;
mod recognition;
mod rehearsal;
mod sandbox;
mod sandbox_peers;
mod smtp_lies;
mod store_check;
mod store_contract;
mod store_files;
mod store_migration;
mod store_model;
mod support;
