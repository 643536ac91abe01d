use super::{Common, failure::Failure, page::Page};
use clap::Args;
#[derive(Debug, Args)]
pub struct ExplainArgs {}
pub fn run(_c: &Common, _a: &ExplainArgs) -> Result<Page, Failure> {
    Ok(Page::empty())
}
