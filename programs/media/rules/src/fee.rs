//! Fees and samples of a resource's hour (`docs/chain.md`, Evidence).

use crate::amount::mul_div_up;

/// MEDIA base units for charged bytes: ⌈(billable + disputed) · feePerGb / 10⁹⌉, at most 2⁶⁴ − 1, as the sum is: a number
/// that somebody made up must not make a final hour unrecordable.
pub fn hour_fee(billable: u64, disputed: u64, fee_per_gb: u64) -> u64 {
    mul_div_up(billable.saturating_add(disputed), fee_per_gb, 1_000_000_000).unwrap_or(u64::MAX)
}

/// Average rate of a sample in kbit/s: min(2³² − 1, ⌊bytes · 8 / (sampleSecs · 1000)⌋).
pub fn sample_kbps(bytes: u64, sample_secs: u32) -> u32 {
    // Eight bits a byte and a thousand a kbit: 125 bytes of each second are a kbit/s. Fits, as 125 · 2³² does.
    let bytes_a_kbit = u64::from(sample_secs).wrapping_mul(125);
    bytes.checked_div(bytes_a_kbit).unwrap_or(u64::MAX).min(u64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::amounts;

    #[test]
    fn fees_and_samples_are_those_of_u128() {
        assert_eq!(hour_fee(0, 0, u64::MAX), 0);
        assert_eq!(hour_fee(1, 0, 1), 1);
        assert_eq!(hour_fee(1_000_000_000, 0, 1), 1);
        assert_eq!(hour_fee(1_000_000_000, 1, 1), 2);
        let mut next = amounts(12);
        for _ in 0..200_000 {
            let (bytes, price, secs) = (next(), next(), (next() as u32).max(1));
            let disputed = next();
            let charged = (bytes as u128 + disputed as u128).min(u64::MAX as u128);
            let fee = (charged * price as u128).div_ceil(1_000_000_000);
            assert_eq!(hour_fee(bytes, disputed, price), u64::try_from(fee).unwrap_or(u64::MAX));
            let kbps = bytes as u128 * 8 / (secs as u128 * 1000);
            assert_eq!(sample_kbps(bytes, secs), u32::try_from(kbps).unwrap_or(u32::MAX));
        }
    }
}
