use super::house::House;
pub async fn run(_h: House) {}
