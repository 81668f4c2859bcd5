//! What one buyback swaps (`docs/chain.md`, Buyback).

use crate::amount::mul_div;

const BPS: u64 = 10_000;

/// Bounds of a buyback, as in the config; 0 there counts as what stands here.
pub struct Bounds {
    /// Most of the quote side, in basis points.
    pub bps: u32,
    /// Seconds between two.
    pub secs: u32,
    /// How far the price may be off its short average, in basis points.
    pub spot_bps: u32,
}

impl Bounds {
    pub fn of(bps: u32, secs: u32, spot_bps: u32) -> Self {
        let or = |value: u32, usual: u32| if value == 0 { usual } else { value };
        Self { bps: or(bps, 10), secs: or(secs, 60), spot_bps: or(spot_bps, 100) }
    }
}

/// Most quote that one buyback swaps. It moves the price by twice its share of the pool, and whoever trades around it pays the
/// pool's fee twice: a slice of at most half the fee leaves nothing to gain, whatever the fee is, and a pool without one buys nothing.
pub fn most(reserve_quote: u64, bps: u32, fee_bps: u32) -> u64 {
    mul_div(reserve_quote, u64::from(bps.min(fee_bps / 2)), BPS).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::swap_out;
    use crate::testing::amounts;

    #[test]
    fn bounds_are_the_usual_ones_where_none_are_set() {
        let usual = Bounds::of(0, 0, 0);
        assert_eq!((usual.bps, usual.secs, usual.spot_bps), (10, 60, 100));
        let set = Bounds::of(7, 1, 3);
        assert_eq!((set.bps, set.secs, set.spot_bps), (7, 1, 3));
    }

    #[test]
    fn a_slice_is_a_thousandth_of_the_pool_and_half_its_fee() {
        assert_eq!(most(1_000_000, 10, 25), 1_000);
        assert_eq!(most(1_000_999, 10, 25), 1_000);
        assert_eq!(most(1_000_000, 10, 19), 900);
        assert_eq!(most(1_000_000, 10, 1), 0);
        assert_eq!(most(999, 10, 25), 0);
        assert_eq!(most(u64::MAX, u32::MAX, u32::MAX), 0);
        assert_eq!(most(u64::MAX, 10, 25), u64::MAX / 1_000);
    }

    /// Buys in front of a slice and sells behind it, or the other way round: what comes back of what went in.
    #[test]
    fn nobody_gains_around_a_slice() {
        let mut next = amounts(71);
        let mut tried = 0;
        for _ in 0..200_000 {
            let (media, quote) = (1 + (next() >> 8), 1 + (next() >> 8));
            let (fee, bps) = ((next() % 1_001) as u32, 1 + (next() % 1_000) as u32);
            let slice = most(quote, bps, fee);
            let put = next() % quote.min(1 << 54);
            let Some(got) = swap_out(put, fee, quote, media) else { continue };
            if slice == 0 || got == 0 {
                continue;
            }
            let (q1, m1) = (quote + put, media - got);
            let Some(out) = swap_out(slice, fee, q1, m1) else { continue };
            let (q2, m2) = (q1 + slice, m1 - out);
            assert!(swap_out(got, fee, m2, q2).is_none_or(|back| back <= put), "{media} {quote} {fee} {slice} {put}");
            tried += 1;
        }
        assert!(tried > 10_000, "{tried}");
    }
}
