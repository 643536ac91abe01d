//! Complete desks to begin with.

/// A configuration to begin with.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// `accounting`; the file in `config/examples` without its ending.
    pub name: &'static str,
    pub text: &'static str,
}

impl Example {
    /// What it is, in one line: its first comment.
    pub fn about(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }
}

/// All of them; `small` is a desk in twenty lines.
pub const EXAMPLES: [Example; 6] = [
    Example { name: "small", text: super::reference::SMALL },
    Example { name: "accounting", text: include_str!("../../config/examples/accounting.toml") },
    Example { name: "cash-registers", text: include_str!("../../config/examples/cash-registers.toml") },
    Example { name: "it-support", text: include_str!("../../config/examples/it-support.toml") },
    Example { name: "hosting", text: include_str!("../../config/examples/hosting.toml") },
    Example { name: "parcels", text: include_str!("../../config/examples/parcels.toml") },
];

/// The example of that name.
pub fn example(name: &str) -> Option<&'static Example> {
    EXAMPLES.iter().find(|example| example.name == name)
}
