//! Fees and samples of a resource's hour (`docs/chain.md`, Evidence).

use crate::amount::{mul, mul_div, mul_div_up};

/// MEDIA base units for billable bytes: ⌈billable · feePerGb / 10⁹⌉.
pub fn hour_fee(billable: u64, fee_per_gb: u64) -> Option<u64> {
    mul_div_up(billable, fee_per_gb, 1_000_000_000)
}

/// Average rate of a sample in kbit/s: min(2³² − 1, ⌊bytes · 8 / (sampleSecs · 1000)⌋).
pub fn sample_kbps(bytes: u64, sample_secs: u32) -> u32 {
    let Some(bits_a_kbit) = mul(u64::from(sample_secs), 1000) else { return u32::MAX };
    match mul_div(bytes, 8, bits_a_kbit) {
        Some(kbps) => kbps.min(u64::from(u32::MAX)) as u32,
        None => u32::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::amounts;

    #[test]
    fn fees_and_samples_are_those_of_u128() {
        let mut next = amounts(12);
        for _ in 0..200_000 {
            let (bytes, price, secs) = (next(), next(), (next() as u32).max(1));
            let fee = (bytes as u128 * price as u128).div_ceil(1_000_000_000);
            assert_eq!(hour_fee(bytes, price), u64::try_from(fee).ok());
            let kbps = bytes as u128 * 8 / (secs as u128 * 1000);
            assert_eq!(sample_kbps(bytes, secs), u32::try_from(kbps).unwrap_or(u32::MAX));
        }
    }
}
