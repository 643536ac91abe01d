use super::*;
#[test]
fn t() {
    assert!(split("", None).new.is_empty());
}
