//! The rules of the on-chain program that need no chain: amounts, pools, prices, time, quorums.
//!
//! Made for upstream BPF: nothing here multiplies in 128 bits, overflow-checks a multiplication or copies
//! a length unknown to the compiler. `None` always means that a result does not fit, or a division by zero.
#![no_std]

pub mod amount;
pub mod fee;
pub mod pool;
pub mod price;
pub mod quorum;
pub mod time;

#[cfg(test)]
mod testing;
