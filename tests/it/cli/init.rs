//! A desk to begin with.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use maildesk::config::examples::EXAMPLES;

use super::{Run, finish, program};

fn run(words: &[&str]) -> Run {
    let mut command = program();
    command.args(words);
    finish(command, "")
}

#[test]
fn examples_are_listed_printed_and_written_once() {
    let listed = run(&["init", "--list"]).ok();
    for example in EXAMPLES {
        assert!(listed.contains(&format!("{}\t{}\n", example.name, example.about())), "{listed}");
        assert_eq!(run(&["init", "--example", example.name]).ok(), example.text);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("maildesk.toml");
    let path = file.to_str().expect("a name");
    let said = run(&["init", "--example", "parcels", path]).ok();
    assert!(said.contains(&format!("maildesk check --config {path}")), "{said}");
    assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    let (code, text) = run(&["init", "--example", "hosting", path]).failed();
    assert!(code == 74 && text.contains("exists"), "{code} {text}");
    let (code, text) = run(&["init", "--example", "parcel"]).failed();
    assert!(code == 64 && text.contains("accounting"), "{code} {text}");
    let (code, text) = run(&["init", path]).failed();
    assert!(code == 74 && text.contains("nothing is overwritten"), "{code} {text}");
    let fresh = folder.path().join("fresh.toml");
    let (code, text) = run(&["init", fresh.to_str().expect("a name")]).failed();
    assert!(code == 64 && text.contains("give --address"), "{code} {text}");
}

#[test]
fn every_example_passes_the_check() {
    for example in EXAMPLES {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
            path
        };
        put("password", "s3cret\n");
        let state = folder.path().join("state");
        let text = example.text.replace("/etc/maildesk/password", "password");
        let text = text.replace("/var/lib/maildesk", state.to_str().expect("a name"));
        let config = put("maildesk.toml", &text);
        let check =
            |config: &Path| run(&["--config", config.to_str().expect("a name"), "check", "--offline"]);
        let found = check(&config);
        assert_eq!(found.code, 0, "{}:\n{}{}", example.name, found.out, found.err);
        assert!(
            !found.out.contains("FAIL") && !found.out.contains("WARN"),
            "{}:\n{}",
            example.name,
            found.out
        );
    }
}
