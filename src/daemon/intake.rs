use super::house::House;
use crate::config::MailboxSettings;
pub async fn run(_h: House, _m: MailboxSettings) {}
