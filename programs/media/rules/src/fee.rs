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
