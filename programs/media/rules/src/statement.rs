//! Statements that nodes sign off chain, as far as elections read them (`docs/evidence.md`).

/// What is signed begins with a name, so that no statement of one kind passes for another.
const COMMIT_NAME: [u8; 26] = *b"media-network counters v1\0";
const COMMIT_SIZE: usize = COMMIT_NAME.len() + 100;
const VIEW_NAME: [u8; 27] = *b"media-network edge view v1\0";
/// Guard, time, key of the zone, number of edges.
const VIEW_HEAD: usize = VIEW_NAME.len() + 32 + 8 + 64 + 4;
/// Bytes of each counter that may be under way.
const SLACK_BYTES: u64 = 16_384;
/// Part of a report that may be.
const SLACK_PART: u64 = 64;

/// An edge's counters at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    pub edge: [u8; 32],
    pub boot: u32,
    pub hour: u64,
    pub slot: u8,
    pub total: u64,
    pub count: u32,
}

/// What a guard says of edges at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    pub guard: [u8; 32],
    pub unix_ms: u64,
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(array(bytes, at)?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(array(bytes, at)?))
}

/// A commit of counters as it is signed, to the last byte; `None` for anything else.
pub fn commit(message: &[u8]) -> Option<Commit> {
    if message.len() != COMMIT_SIZE || array(message, 0)? != COMMIT_NAME {
        return None;
    }
    let body = message.get(COMMIT_NAME.len()..)?;
    let slot = *body.get(45)?;
    if *body.first()? != 1 || slot >= 12 || array(body, 46)? != [0, 0] {
        return None;
    }
    Some(Commit {
        edge: array(body, 1)?,
        boot: u32_at(body, 33)?,
        hour: u64_at(body, 37)?,
        slot,
        total: u64_at(body, 48)?,
        count: u32_at(body, 56)?,
    })
}

/// A guard's view of edges as it is signed, to the last byte; `None` for anything else.
pub fn view(message: &[u8]) -> Option<View> {
    if array(message, 0)? != VIEW_NAME {
        return None;
    }
    let body = message.get(VIEW_NAME.len()..)?;
    if message.len() != VIEW_HEAD + u32_at(body, 104)? as usize * 32 {
        return None;
    }
    Some(View { guard: array(body, 0)?, unix_ms: u64_at(body, 32)? })
}

/// Whether two messages differ in a byte or in length.
pub fn differ(a: &[u8], b: &[u8]) -> bool {
    a.len() != b.len() || a.iter().zip(b).any(|(left, right)| left != right)
}

/// Whether two commits of one edge cannot both be true: one boot, hour and slot has one. What they say is compared by `differ`.
pub fn same_moment(a: &Commit, b: &Commit) -> bool {
    a.edge == b.edge && a.boot == b.boot && a.hour == b.hour && a.slot == b.slot
}

/// Whether an edge reports more bytes of an hour than its counters rose by from a commit before it to one after it, in one
/// run of its process: by more than a sixty-fourth and 16 KiB a counter.
pub fn overreports(bytes: u64, hour: u64, before: &Commit, after: &Commit) -> bool {
    let around = before.hour < hour && hour < after.hour;
    if !around || before.edge != after.edge || before.boot != after.boot || after.total < before.total {
        return false;
    }
    let slack = (bytes / SLACK_PART).saturating_add(u64::from(after.count) * SLACK_BYTES);
    bytes > (after.total - before.total).saturating_add(slack)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn message(change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = COMMIT_NAME.to_vec();
        out.push(1);
        out.extend([7; 32]);
        out.extend(3u32.to_le_bytes());
        out.extend(90u64.to_le_bytes());
        out.extend([11, 0, 0]);
        out.extend(1_000u64.to_le_bytes());
        out.extend(5u32.to_le_bytes());
        out.extend(123u64.to_le_bytes());
        out.extend([9; 32]);
        change(&mut out);
        out
    }

    const COMMIT: Commit = Commit { edge: [7; 32], boot: 3, hour: 90, slot: 11, total: 1_000, count: 5 };

    #[test]
    fn reads_a_commit_to_the_last_byte() {
        assert_eq!(commit(&message(|_| ())), Some(COMMIT));
        assert_eq!(commit(&message(|m| m.push(0))), None);
        assert_eq!(commit(&message(|m| m.truncate(125))), None);
        // Name, version, slot, padding.
        for at in [0, 25, 26, 71, 72, 73] {
            assert_eq!(commit(&message(|m| m[at] ^= 16)), None, "byte {at}");
        }
        assert_eq!(commit(&[]), None);
    }

    #[test]
    fn reads_a_view_to_the_last_byte() {
        let of = |count: u32, edges: usize| {
            let mut out = VIEW_NAME.to_vec();
            out.extend([4; 32]);
            out.extend(77u64.to_le_bytes());
            out.extend([0; 64]);
            out.extend(count.to_le_bytes());
            out.extend(std::vec![1; 32 * edges]);
            out
        };
        assert_eq!(view(&of(0, 0)), Some(View { guard: [4; 32], unix_ms: 77 }));
        assert_eq!(view(&of(3, 3)), Some(View { guard: [4; 32], unix_ms: 77 }));
        assert_eq!(view(&of(2, 3)), None);
        assert_eq!(view(&of(u32::MAX, 3)), None);
        assert_eq!(view(&message(|_| ())), None);
    }

    #[test]
    fn tells_moments_apart() {
        assert!(same_moment(&COMMIT, &COMMIT));
        for other in [
            Commit { edge: [8; 32], ..COMMIT },
            Commit { boot: 4, ..COMMIT },
            Commit { hour: 91, ..COMMIT },
            Commit { slot: 10, ..COMMIT },
        ] {
            assert!(!same_moment(&COMMIT, &other));
        }
        assert!(differ(&[1, 2], &[1, 3]) && differ(&[1], &[1, 3]) && !differ(&[1, 3], &[1, 3]));
    }

    #[test]
    fn blames_a_report_beyond_what_counters_rose_by_and_its_slack() {
        let before = Commit { hour: 89, ..COMMIT };
        let after = Commit { hour: 91, total: 1_000 + 6_400_000, ..COMMIT };
        // bytes − bytes / 64 − 5 · 16 KiB is above 6,400,000 from here on.
        let limit = (6_400_000..7_000_000u64).find(|bytes| overreports(*bytes, 90, &before, &after));
        let limit = limit.unwrap_or(0);
        assert!(limit - limit / 64 - 5 * 16_384 > 6_400_000);
        assert!(limit - 1 - (limit - 1) / 64 - 5 * 16_384 <= 6_400_000);
        let bytes = 20_000_000;
        assert!(overreports(bytes, 90, &before, &after));
        assert!(overreports(u64::MAX, 90, &before, &after));
        for hour in [0, 89, 91, 92] {
            assert!(!overreports(bytes, hour, &before, &after), "hour {hour}");
        }
        assert!(!overreports(bytes, 90, &before, &Commit { boot: 4, ..after }));
        assert!(!overreports(bytes, 90, &before, &Commit { total: 999, ..after }));
        assert!(!overreports(bytes, 90, &before, &Commit { edge: [0; 32], ..after }));
        assert!(!overreports(bytes, 90, &Commit { hour: 90, ..before }, &after));
    }
}
