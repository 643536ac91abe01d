//! One binary for all tests without a network.

mod configs;
mod desk_yaml;
