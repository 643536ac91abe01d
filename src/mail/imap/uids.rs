//! Sets of UIDs as IMAP writes them (RFC 9051, section 9, `sequence-set`).

/// Longest set in one command, in bytes; servers need not take lines over 8192 (RFC 7162, section 4).
const SET_MAX: usize = 4000;

/// The UIDs as sets that each fit into one command, with runs written as ranges. No UID that was not given
/// is ever covered. Each set comes with the UIDs in it.
pub(super) fn sets(uids: &[u32]) -> Vec<(String, Vec<u32>)> {
    let mut sorted: Vec<u32> = uids.iter().copied().filter(|uid| *uid > 0).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut sets: Vec<(String, Vec<u32>)> = Vec::new();
    for run in sorted.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
        let text = match run {
            [one] => one.to_string(),
            [first, .., last] => format!("{first}:{last}"),
            [] => continue,
        };
        match sets.last_mut() {
            Some((set, members)) if set.len() + text.len() < SET_MAX => {
                set.push(',');
                set.push_str(&text);
                members.extend_from_slice(run);
            }
            _ => sets.push((text, run.to_vec())),
        }
    }
    sets
}

/// Those of `asked` that `came` lacks, sorted.
pub(super) fn lacking(asked: &[u32], came: &[u32]) -> Vec<u32> {
    let came: std::collections::BTreeSet<u32> = came.iter().copied().collect();
    let asked: std::collections::BTreeSet<u32> = asked.iter().copied().collect();
    asked.difference(&came).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn runs_become_ranges_and_gaps_stay_gaps() {
        let cases: [(&[u32], &str); 5] = [
            (&[7], "7"),
            (&[3, 1, 2], "1:3"),
            (&[1, 2, 4, 6, 7, 8], "1:2,4,6:8"),
            (&[5, 5, 0], "5"),
            (&[u32::MAX, u32::MAX - 1], "4294967294:4294967295"),
        ];
        for (uids, text) in cases {
            assert_eq!(sets(uids)[0].0, text);
        }
        assert!(sets(&[]).is_empty());
    }

    #[test]
    fn a_long_list_is_cut_into_several_commands() {
        let odd: Vec<u32> = (0..5000).map(|n| 100_001 + 2 * n).collect();
        let sets = sets(&odd);
        assert!(sets.len() > 1 && sets.iter().all(|(text, _)| text.len() <= SET_MAX));
        assert_eq!(sets.into_iter().flat_map(|(_, members)| members).collect::<Vec<_>>(), odd);
    }

    proptest! {
        #[test]
        fn the_sets_cover_exactly_what_was_given(uids in proptest::collection::vec(1u32..400, 0..200)) {
            let mut covered = Vec::new();
            for part in sets(&uids).iter().flat_map(|(text, _)| text.split(',')) {
                let (from, to) = part.split_once(':').unwrap_or((part, part));
                covered.extend(from.parse::<u32>().unwrap()..=to.parse().unwrap());
            }
            prop_assert!(lacking(&uids, &covered).is_empty() && lacking(&covered, &uids).is_empty());
        }
    }
}
