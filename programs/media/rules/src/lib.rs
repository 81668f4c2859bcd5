//! The rules of the on-chain program that need no chain: amounts, pools, prices, time, quorums, money by week.
//!
//! Made for upstream BPF: nothing here multiplies in 128 bits, overflow-checks a multiplication or copies
//! a length unknown to the compiler. `None` of a number means that a result does not fit, or a division by zero.
#![no_std]

pub mod amount;
pub mod ballot;
pub mod buyback;
pub mod charge;
pub mod fee;
pub mod host_name;
pub mod packed;
pub mod percentile;
pub mod pool;
pub mod price;
pub mod quorum;
pub mod range;
pub mod season;
pub mod spans;
pub mod statement;
pub mod terms;
pub mod time;
pub mod vesting;
pub mod weeks;
pub mod window;

#[cfg(test)]
mod testing;
