//! Domains that only look like another one: letters of other scripts, digits for letters, two letters for one.

use super::fold::fold;

/// What a domain looks like: two that a hasty reader takes for each other give the same.
pub fn likeness(domain: &str) -> String {
    let mut seen = String::with_capacity(domain.len());
    for c in fold(domain).chars() {
        match c {
            // Cyrillic and Greek letters that print like Latin ones (Unicode Technical Standard 39, section 4).
            'а' | 'α' => seen.push('a'),
            'в' | 'ь' | 'β' => seen.push('b'),
            'с' | 'ϲ' => seen.push('c'),
            'ԁ' => seen.push('d'),
            'е' | 'ε' => seen.push('e'),
            'һ' | 'н' => seen.push('h'),
            'і' | 'ι' | 'ӏ' | '1' | 'i' | '|' => seen.push('l'),
            'ј' => seen.push('j'),
            'к' | 'κ' => seen.push('k'),
            'м' => seen.push('m'),
            'п' | 'η' => seen.push('n'),
            'о' | 'ο' | 'σ' | '0' => seen.push('o'),
            'р' | 'ρ' => seen.push('p'),
            'ԛ' => seen.push('q'),
            'г' => seen.push('r'),
            'ѕ' | '5' => seen.push('s'),
            'т' | 'τ' => seen.push('t'),
            'ц' | 'υ' => seen.push('u'),
            'ѵ' | 'ν' => seen.push('v'),
            'ԝ' | 'ω' => seen.push('w'),
            'х' | 'χ' => seen.push('x'),
            'у' | 'γ' => seen.push('y'),
            '-' => {}
            c => seen.push(c),
        }
    }
    seen.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_hasty_reader_takes_for_the_same_is_told() {
        for (one, other, alike) in [
            ("boatyard.example", "bоatyard.example", true),
            ("boatyard.example", "b0atyard.example", true),
            ("boatyard.example", "boat-yard.example", true),
            ("marina.example", "rnarina.example", true),
            ("willow.example", "vviiiovv.example", true),
            ("laivas.example", "iaivas.example", true),
            ("ąžuolas.example", "azuolas.example", true),
            ("boatyard.example", "boatyards.example", false),
            ("boatyard.example", "mail.boatyard.example", false),
            ("почта.example", "post.example", false),
        ] {
            assert_eq!(likeness(one) == likeness(other), alike, "{one} and {other}");
        }
    }
}
