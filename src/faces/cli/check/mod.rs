use super::{Common, failure::Failure, page::Page};
use clap::Args;
#[derive(Debug, Args)]
pub struct CheckArgs {}
pub fn run(_c: &Common, _a: &CheckArgs) -> Result<Page, Failure> {
    Ok(Page::empty())
}
