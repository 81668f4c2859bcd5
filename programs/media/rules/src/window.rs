//! Numbers that may each come once, in a moving window: a bit each at its number modulo the window.

/// What a number is to a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It has come for the first time and is marked.
    New,
    /// It has come before.
    Known,
    /// It is older than the window.
    TooOld,
}

fn bit<const N: usize>(number: u64) -> (usize, u8) {
    let place = (number % (8 * N as u64)) as usize;
    (place / 8, 1 << (place % 8))
}

fn clear<const N: usize>(bits: &mut [u8; N], from: u64, until: u64) {
    if until - from >= 8 * N as u64 {
        *bits = [0; N];
        return;
    }
    let mut number = from;
    while number < until {
        let (byte, mask) = bit::<N>(number);
        // Eight at a time where all of a byte goes.
        let whole = mask == 1 && until - number >= 8;
        if let Some(byte) = bits.get_mut(byte) {
            *byte &= if whole { 0 } else { !mask };
        }
        number += if whole { 8 } else { 1 };
    }
}

fn set<const N: usize>(bits: &mut [u8; N], number: u64) -> Mark {
    let (byte, mask) = bit::<N>(number);
    match bits.get_mut(byte) {
        Some(byte) if *byte & mask == 0 => {
            *byte |= mask;
            Mark::New
        }
        _ => Mark::Known,
    }
}

/// Marks a number in a window that ends with the newest that came, `end` − 1 (`end` 0: none), and moves on with a newer one.
pub fn mark_newest<const N: usize>(bits: &mut [u8; N], end: &mut u64, number: u64) -> Mark {
    let Some(after) = number.checked_add(1) else { return Mark::TooOld };
    if after > *end {
        clear(bits, *end, after);
        *end = after;
    } else if *end - after >= 8 * N as u64 {
        return Mark::TooOld;
    }
    set(bits, number)
}

/// Marks a number in a window that begins with `base`, and moves on where it ends before the number.
pub fn mark_from<const N: usize>(bits: &mut [u8; N], base: &mut u64, number: u64) -> Mark {
    let width = 8 * N as u64;
    if number < *base {
        return Mark::TooOld;
    }
    if number - *base >= width {
        let begin = number - (width - 1);
        clear(bits, *base, begin);
        *base = begin;
    }
    set(bits, number)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::amounts;

    #[test]
    fn each_number_once_in_any_order() {
        let mut next = amounts(51);
        for round in 0..300u64 {
            let (mut bits, mut end, mut base_bits, mut base) = ([0u8; 8], 0u64, [0u8; 8], 0u64);
            let (mut seen, mut seen_from) = (BTreeSet::new(), BTreeSet::new());
            let mut at = round;
            for _ in 0..400 {
                at += next() % 4 * (next() % 20);
                let number = at.saturating_sub(next() % 80);
                let newest = seen.last().copied();
                let expected = if newest.is_some_and(|newest: u64| newest >= number + 64) {
                    Mark::TooOld
                } else if seen.insert(number) {
                    Mark::New
                } else {
                    Mark::Known
                };
                assert_eq!(mark_newest(&mut bits, &mut end, number), expected);
                assert_eq!(end, seen.last().unwrap() + 1);

                let first = seen_from.last().map_or(0, |newest: &u64| newest.saturating_sub(63));
                let expected = if number < first {
                    Mark::TooOld
                } else if seen_from.insert(number) {
                    Mark::New
                } else {
                    Mark::Known
                };
                assert_eq!(mark_from(&mut base_bits, &mut base, number), expected);
                assert_eq!(base, seen_from.last().unwrap().saturating_sub(63));
            }
        }
    }

    #[test]
    fn windows_end_where_they_should() {
        let (mut bits, mut end) = ([0u8; 64], 0);
        assert_eq!(mark_newest(&mut bits, &mut end, 511), Mark::New);
        assert_eq!(mark_newest(&mut bits, &mut end, 0), Mark::New);
        assert_eq!(mark_newest(&mut bits, &mut end, 512), Mark::New);
        assert_eq!(mark_newest(&mut bits, &mut end, 0), Mark::TooOld);
        assert_eq!(mark_newest(&mut bits, &mut end, 1), Mark::New);
        assert_eq!(mark_newest(&mut bits, &mut end, 1), Mark::Known);
        assert_eq!(mark_newest(&mut bits, &mut end, u64::MAX), Mark::TooOld);
        let (mut bits, mut base) = ([0u8; 32], 0);
        assert_eq!(mark_from(&mut bits, &mut base, 255), Mark::New);
        assert_eq!(base, 0);
        assert_eq!(mark_from(&mut bits, &mut base, 0), Mark::New);
        assert_eq!(mark_from(&mut bits, &mut base, 256), Mark::New);
        assert_eq!(base, 1);
        assert_eq!(mark_from(&mut bits, &mut base, 0), Mark::TooOld);
        assert_eq!(mark_from(&mut bits, &mut base, 1), Mark::New);
        assert_eq!(mark_from(&mut bits, &mut base, 255), Mark::Known);
        assert_eq!(mark_from(&mut bits, &mut base, u64::MAX), Mark::New);
        assert_eq!(base, u64::MAX - 255);
    }
}
