//! The 95th percentile of a month's samples (whitepaper §2.6; `docs/chain.md`, Months).

/// Samples that are looked at in one piece.
const CHUNK: usize = 8;

/// How many of `slots` samples, the highest, do not count: ⌊slots / 20⌋. Rounded against the publisher: a part of a sample
/// is not ignored.
pub fn ignored(slots: u64) -> u64 {
    slots / 20
}

/// Whether `rate` is the highest sample after those ignored, of the samples in `parts` and `missing` ones of 0.
///
/// One pass, whatever the samples are: no more than `ignored` + 1 of them, and those of one chunk, take more than a load and
/// a comparison. Once as many are at the rate or above it as must be, only those above it are looked for.
pub fn is_percentile(parts: [&[u32]; 2], missing: u64, rate: u32) -> bool {
    let [first, second] = parts;
    let ignored = ignored((first.len() as u64).wrapping_add(second.len() as u64).wrapping_add(missing));
    let mut count = Count { at_least: if rate == 0 { missing } else { 0 }, above: 0, ignored };
    count.take(first, u64::from(rate));
    count.take(second, u64::from(rate));
    count.above <= ignored && count.at_least > ignored
}

/// Whether no sample is above 0.
pub fn is_silent(parts: [&[u32]; 2]) -> bool {
    parts.iter().all(|part| {
        let (chunks, rest) = part.as_chunks::<CHUNK>();
        chunks.iter().all(|chunk| chunk.iter().fold(0, |all, sample| all | sample) == 0) && rest.iter().all(|&sample| sample == 0)
    })
}

struct Count {
    /// Samples at the rate or above it; exact only up to where they are more than `ignored`.
    at_least: u64,
    /// Those above it; exact only up to there too.
    above: u64,
    ignored: u64,
}

impl Count {
    fn take(&mut self, part: &[u32], rate: u64) {
        let rest = if self.at_least > self.ignored { part } else { self.reach(part, rate) };
        self.exceed(rest, rate);
    }

    /// Counts until enough samples are at the rate or above it; gives the samples left. A jump within the one that is seldom taken
    /// keeps the compiler from adding up the outcome of every comparison, which takes twice as much.
    fn reach<'a>(&mut self, part: &'a [u32], rate: u64) -> &'a [u32] {
        let (chunks, rest) = part.as_chunks::<CHUNK>();
        let (mut at_least, mut above) = (self.at_least, self.above);
        let mut left = rest;
        for (index, chunk) in chunks.iter().enumerate() {
            for &sample in chunk {
                if u64::from(sample) >= rate {
                    at_least = at_least.wrapping_add(1);
                    if u64::from(sample) > rate {
                        above = above.wrapping_add(1);
                    }
                }
            }
            if at_least > self.ignored {
                left = part.get((index + 1) * CHUNK..).unwrap_or(&[]);
                break;
            }
        }
        (self.at_least, self.above) = (at_least, above);
        if at_least > self.ignored {
            return left;
        }
        for &sample in rest {
            self.at_least += u64::from(u64::from(sample) >= rate);
            self.above += u64::from(u64::from(sample) > rate);
        }
        &[]
    }

    /// Counts the samples above the rate until they are too many.
    fn exceed(&mut self, part: &[u32], rate: u64) {
        let (chunks, rest) = part.as_chunks::<CHUNK>();
        let (mut above, ignored) = (self.above, self.ignored);
        'all: for chunk in chunks {
            for &sample in chunk {
                if u64::from(sample) > rate {
                    above = above.wrapping_add(1);
                    if above > ignored {
                        break 'all;
                    }
                }
            }
        }
        for &sample in rest {
            above = above.wrapping_add(u64::from(u64::from(sample) > rate));
        }
        self.above = above;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;
    use crate::testing::amounts;

    /// As the whitepaper says it: arranged from high to low, the top 5 % ignored, the next one.
    fn sorted(samples: &[u32], missing: usize) -> u32 {
        let mut all = samples.to_vec();
        all.resize(samples.len() + missing, 0);
        all.sort_unstable_by(|a, b| b.cmp(a));
        all[all.len() * 5 / 100]
    }

    #[test]
    fn thirty_six_hours_of_a_month_are_ignored_and_no_part_of_a_sample() {
        assert_eq!(ignored(8_640), 432);
        assert_eq!(ignored(8_928), 446);
        assert_eq!(ignored(19), 0);
        assert_eq!(ignored(20), 1);
        assert_eq!(ignored(39), 1);
        let mut month: Vec<u32> = (0..8_640).collect();
        assert!(is_percentile([&month, &[]], 0, 8_207));
        assert!(!is_percentile([&month, &[]], 0, 8_208));
        assert!(!is_percentile([&month, &[]], 0, 8_206));
        // 432 slots at any height change nothing, one more does.
        month.fill(7);
        month[100..532].fill(u32::MAX);
        assert!(is_percentile([&month, &[]], 0, 7));
        month[8_639] = 9;
        assert!(is_percentile([&month, &[]], 0, 9));
        assert!(!is_percentile([&month, &[]], 0, 7));
    }

    #[test]
    fn one_rate_and_no_other_is_taken() {
        let mut next = amounts(61);
        for round in 0..4_000u64 {
            let slots = 12 + (next() % 200) as usize;
            let kinds = 1 + next() % if round % 2 == 0 { 4 } else { 1_000 };
            let there = (next() % (slots as u64 + 1)) as usize;
            let samples: Vec<u32> = (0..there).map(|_| if next() % 9 == 0 { u32::MAX - (next() % kinds) as u32 } else { (next() % kinds) as u32 }).collect();
            let cut = (next() % (there as u64 + 1)) as usize;
            let parts = [&samples[..cut], &samples[cut..]];
            let missing = slots - there;
            let right = sorted(&samples, missing);
            assert!(is_percentile(parts, missing as u64, right));
            for wrong in samples.iter().copied().chain([0, 1, right.wrapping_add(1), right.wrapping_sub(1), u32::MAX]) {
                assert_eq!(is_percentile(parts, missing as u64, wrong), wrong == right, "{wrong} for {right}");
            }
        }
    }

    #[test]
    fn nothing_at_all_is_silent_and_nothing_else() {
        assert!(is_silent([&[], &[]]));
        assert!(is_percentile([&[], &[]], 12, 0));
        assert!(!is_percentile([&[], &[]], 12, 1));
        for at in 0..40 {
            let mut samples = [0u32; 40];
            assert!(is_silent([&samples[..13], &samples[13..]]));
            samples[at] = 1;
            assert!(!is_silent([&samples[..13], &samples[13..]]));
        }
    }
}
