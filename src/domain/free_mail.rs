//! Mail domains whose users have nothing to do with each other: they tell nothing of anybody's company.

/// In alphabetical order.
const DOMAINS: [&str; 64] = [
    "aol.com",
    "apollo.lv",
    "atlas.cz",
    "bk.ru",
    "centrum.cz",
    "delfi.lt",
    "e-mail.cz",
    "email.cz",
    "fastmail.com",
    "free.fr",
    "gmail.com",
    "gmx.at",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hot.ee",
    "hotmail.com",
    "icloud.com",
    "inbox.lt",
    "inbox.lv",
    "inbox.ru",
    "internet.ru",
    "list.ru",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ee",
    "mail.ru",
    "me.com",
    "msn.com",
    "o2.pl",
    "one.lt",
    "one.lv",
    "onet.pl",
    "orange.fr",
    "outlook.com",
    "pm.me",
    "post.cz",
    "proton.me",
    "protonmail.com",
    "quick.cz",
    "rambler.ru",
    "seznam.cz",
    "t-online.de",
    "tiscali.cz",
    "tut.by",
    "tuta.com",
    "tutanota.com",
    "tvnet.lv",
    "ukr.net",
    "volny.cz",
    "web.de",
    "wp.pl",
    "ya.ru",
    "yahoo.co.uk",
    "yahoo.com",
    "yandex.by",
    "yandex.com",
    "yandex.lt",
    "yandex.lv",
    "yandex.ru",
    "zoho.com",
];

/// Does everybody get an address at this domain? It is given in small letters.
pub fn is_free_mail(domain: &str) -> bool {
    DOMAINS.binary_search(&domain).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched_by_halves() {
        assert!(DOMAINS.is_sorted());
        assert!(DOMAINS.iter().all(|domain| is_free_mail(domain)));
        assert!(!is_free_mail("baltojipieva.example.test"));
    }
}
