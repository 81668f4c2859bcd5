//! Constant-product pools (`docs/chain.md`, Worth and Money). Rounding is against whoever acts.

use crate::amount::{Wide, mul_div, mul_div_up, sqrt_product};

/// 2³²: one in Q32.32.
pub const ONE_Q32: u64 = 1 << 32;
const BPS: u64 = 10_000;

/// What a pool holds, as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserves {
    pub media: u64,
    pub quote: u64,
    /// LP in circulation with the locked part.
    pub supply: u64,
}

/// What a deposit takes and gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposit {
    pub media: u64,
    pub quote: u64,
    /// LP for the depositor. 0 if the amounts are too small.
    pub lp: u64,
    /// Supply afterwards.
    pub supply: u64,
}

/// Quote per MEDIA in Q32.32, at least 1 and at most 2⁶⁴ − 1: a price that its pool's owner has driven there must keep
/// nobody from being charged. `None` without MEDIA, which no pool is.
pub fn price_q32(reserves: &Reserves) -> Option<u64> {
    if reserves.media == 0 {
        return None;
    }
    Some(mul_div(reserves.quote, ONE_Q32, reserves.media).map_or(u64::MAX, |price| price.max(1)))
}

/// Quote as MEDIA at a price.
pub fn quote_as_media(quote: u64, price_q32: u64) -> Option<u64> {
    mul_div(quote, ONE_Q32, price_q32)
}

/// Fair value of the whole pool in MEDIA: 2 · ⌊√(M · min(t, M))⌋, so never above twice its MEDIA. A quote side that does
/// not fit counts as one that is worth more.
pub fn fair_value(reserves: &Reserves, price_q32: u64) -> Option<u64> {
    let quote = quote_as_media(reserves.quote, price_q32).map_or(reserves.media, |quote| quote.min(reserves.media));
    sqrt_product(reserves.media, quote).checked_mul(2)
}

/// MEDIA that stands behind so much LP: ⌊M · lp / S⌋.
pub fn media_behind(lp: u64, reserves: &Reserves) -> Option<u64> {
    mul_div(reserves.media, lp, reserves.supply)
}

/// Fair value of LP in MEDIA.
pub fn worth(lp: u64, reserves: &Reserves, price_q32: u64) -> Option<u64> {
    mul_div(lp, fair_value(reserves, price_q32)?, reserves.supply)
}

/// First deposit: both amounts are taken, `locked` LP belong to nobody.
pub fn first_deposit(media: u64, quote: u64, locked: u64) -> Deposit {
    let supply = sqrt_product(media, quote);
    Deposit { media, quote, lp: supply.saturating_sub(locked), supply }
}

/// Any later deposit of at most these amounts.
pub fn deposit(max_media: u64, max_quote: u64, reserves: &Reserves) -> Option<Deposit> {
    let by_media = mul_div(max_media, reserves.supply, reserves.media)?;
    let by_quote = mul_div(max_quote, reserves.supply, reserves.quote)?;
    let lp = by_media.min(by_quote);
    Some(Deposit {
        media: mul_div_up(lp, reserves.media, reserves.supply)?,
        quote: mul_div_up(lp, reserves.quote, reserves.supply)?,
        lp,
        supply: reserves.supply.checked_add(lp)?,
    })
}

/// What LP is paid out as: (media, quote).
pub fn withdrawal(lp: u64, reserves: &Reserves) -> Option<(u64, u64)> {
    Some((mul_div(lp, reserves.media, reserves.supply)?, mul_div(lp, reserves.quote, reserves.supply)?))
}

/// What a swap pays out.
pub fn swap_out(amount_in: u64, fee_bps: u32, reserve_in: u64, reserve_out: u64) -> Option<u64> {
    let net = amount_in.checked_sub(mul_div_up(amount_in, u64::from(fee_bps), BPS)?)?;
    mul_div(net, reserve_out, reserve_in.checked_add(net)?)
}

/// Whether the product of the reserves has not fallen.
pub fn k_holds(before: (u64, u64), after: (u64, u64)) -> bool {
    Wide::product(after.0, after.1) >= Wide::product(before.0, before.1)
}

/// LP worth at least `media`, rounded up: ⌈media · S / V⌉. `None` too if the pool is worth nothing.
pub fn lp_for(media: u64, reserves: &Reserves, price_q32: u64) -> Option<u64> {
    mul_div_up(media, reserves.supply, fair_value(reserves, price_q32)?)
}

/// Quota in kbit/s of a worth: ⌊worth · perMedia / 10⁹⌋, at most 2³² − 1.
pub fn quota_kbps(worth: u64, kbps_per_media: u64) -> u32 {
    match mul_div(worth, kbps_per_media, 1_000_000_000) {
        Some(quota) => quota.min(u64::from(u32::MAX)) as u32,
        None => u32::MAX,
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::testing::amounts;

    fn wide_root(n: u128) -> u128 {
        let (mut low, mut high) = (0u128, 1u128 << 64);
        while high - low > 1 {
            let middle = (low + high) / 2;
            if middle * middle <= n { low = middle } else { high = middle }
        }
        low
    }

    /// Reserves that a pool can have: the price fits, the supply is at most √(M · Q).
    fn pools(seed: u64) -> impl FnMut() -> Reserves {
        let mut next = amounts(seed);
        move || loop {
            let (media, quote) = (next(), next());
            let most = wide_root(media as u128 * quote as u128) as u64;
            let supply = if most > 100 { 100 + next() % (most - 99) } else { 0 };
            if supply > 0 && (quote as u128) << 32 < (media as u128) << 64 {
                return Reserves { media, quote, supply };
            }
        }
    }

    #[test]
    fn worth_is_the_geometric_mean_up_to_twice_the_media() {
        let (mut pool, mut next) = (pools(1), amounts(2));
        let mut fits = 0;
        for _ in 0..200_000 {
            let (r, p) = (pool(), next().max(1));
            let lp = next() % r.supply;
            let expected = (|| {
                let t = (((r.quote as u128) << 32) / p as u128).min(r.media as u128);
                let value = u64::try_from(2 * wide_root(r.media as u128 * t)).ok()?;
                u64::try_from(lp as u128 * value as u128 / r.supply as u128).ok()
            })();
            assert_eq!(worth(lp, &r, p), expected);
            fits += usize::from(expected.is_some());
        }
        assert!(fits > 50_000);
    }

    #[test]
    fn a_swap_leaves_the_worth_where_it_was() {
        let mut next = amounts(3);
        let before = Reserves { media: 50_000_000_000_000_000, quote: 8_000_000_000_000, supply: 600_000_000_000_000 };
        let price = price_q32(&before).unwrap();
        for _ in 0..20_000 {
            let amount = next() % 8_000_000_000_000;
            let Some(out) = swap_out(amount, 0, before.quote, before.media) else { continue };
            let after = Reserves { media: before.media - out, quote: before.quote + amount, supply: before.supply };
            let (old, new) = (fair_value(&before, price).unwrap(), fair_value(&after, price).unwrap());
            // Rounding of the payout stays in the pool: the value never falls, and rises by dust.
            // MEDIA left the pool, and with it what its LP can count for at most.
            let most = 2 * after.media;
            assert!(new <= most && new + 2 >= old.min(most) && new - old.min(new) <= old / 100_000_000, "{old} {new} {amount}");
        }
    }

    #[test]
    fn k_never_falls_and_the_pool_is_never_emptied() {
        let (mut pool, mut next) = (pools(4), amounts(5));
        let mut swaps = 0;
        for _ in 0..300_000 {
            let (r, amount, fee) = (pool(), next(), (next() % 1001) as u32);
            let Some(out) = swap_out(amount, fee, r.media, r.quote) else { continue };
            let net = amount as u128 - (amount as u128 * fee as u128).div_ceil(10_000);
            assert_eq!(out as u128, net * r.quote as u128 / (r.media as u128 + net));
            let Some(media) = r.media.checked_add(amount) else { continue };
            assert!(out < r.quote);
            assert!(k_holds((r.media, r.quote), (media, r.quote - out)));
            swaps += 1;
        }
        assert!(swaps > 100_000);
        assert!(!k_holds((10, 10), (11, 9)));
    }

    #[test]
    fn a_deposit_taken_out_again_never_gains() {
        let (mut pool, mut next) = (pools(6), amounts(7));
        let mut deposits = 0;
        for _ in 0..300_000 {
            let (r, media, quote) = (pool(), next(), next());
            let Some(d) = deposit(media, quote, &r) else { continue };
            assert!(d.media <= media && d.quote <= quote);
            let (Some(total_media), Some(total_quote)) = (r.media.checked_add(d.media), r.quote.checked_add(d.quote)) else { continue };
            // A share of the pool never shrinks for those who were there before.
            assert!(total_media as u128 * r.supply as u128 >= r.media as u128 * d.supply as u128);
            assert!(total_quote as u128 * r.supply as u128 >= r.quote as u128 * d.supply as u128);
            let after = Reserves { media: total_media, quote: total_quote, supply: d.supply };
            let (back_media, back_quote) = withdrawal(d.lp, &after).unwrap();
            assert!(back_media <= d.media && back_quote <= d.quote);
            deposits += 1;
        }
        assert!(deposits > 50_000);
    }

    #[test]
    fn first_deposit_locks_its_part() {
        let mut next = amounts(8);
        for _ in 0..100_000 {
            let (media, quote) = (next(), next());
            let d = first_deposit(media, quote, 100);
            assert_eq!(d.supply as u128, wide_root(media as u128 * quote as u128));
            assert_eq!(d.lp, d.supply.saturating_sub(100));
        }
    }

    #[test]
    fn lp_for_an_amount_is_worth_it() {
        let mut pool = pools(9);
        let mut next = amounts(10);
        let mut tried = 0;
        for _ in 0..100_000 {
            let r = pool();
            let price = price_q32(&r).unwrap();
            let Some(value) = fair_value(&r, price).filter(|&value| value > 0) else { continue };
            let media = next() % value;
            let Some(lp) = lp_for(media, &r, price) else { continue };
            assert_eq!(lp as u128, (media as u128 * r.supply as u128).div_ceil(value as u128));
            tried += 1;
        }
        assert!(tried > 50_000);
    }

    #[test]
    fn a_price_has_bounds() {
        let price = |quote, media| price_q32(&Reserves { media, quote, supply: 100 });
        assert_eq!(price(1, 1), Some(ONE_Q32));
        assert_eq!(price(0, 1), Some(1));
        assert_eq!(price(1, u64::MAX), Some(1));
        assert_eq!(price((1 << 33) - 1, 2), Some(u64::MAX - (1 << 31) + 1));
        // Half of that pool is taken: one more than fits.
        assert_eq!(price(1 << 32, 1), Some(u64::MAX));
        assert_eq!(price(u64::MAX, 1), Some(u64::MAX));
        assert_eq!(price(1, 0), None);
    }

    #[test]
    fn quota_is_capped() {
        assert_eq!(quota_kbps(25_000_000_000, 1000), 25_000);
        assert_eq!(quota_kbps(u64::MAX, 1_000_000_000), u32::MAX);
        assert_eq!(quota_kbps(999_999_999, 1), 0);
        assert_eq!(quota_kbps(u64::MAX, u64::MAX), u32::MAX);
    }
}
